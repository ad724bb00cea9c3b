import Foundation
import InterchangeTensors

extension AttentionDesign {
  /// The slopes of ALiBi for a number of heads: powers of 2 to 2^−8, those in between for what is
  /// beyond a power of two.
  public static func slopes(heads: Int) -> [Float] {
    guard heads > 0, heads <= 1 << 16 else { return [] }
    let whole = 1 << Int(log2(Double(heads)).rounded(.down))
    func powers(_ count: Int, of base: Int) -> [Float] {
      let root = Float(pow(2, -pow(2, -(log2(Double(base)) - 3))))
      return (1...max(1, count)).prefix(count).map { powf(root, Float($0)) }
    }
    let first = powers(whole, of: whole)
    let between = powers(2 * whole, of: 2 * whole)
    return first
      + between.enumerated().filter { $0.offset % 2 == 0 }.map(\.element).prefix(heads - whole)
  }

  /// The slopes' additions to scores, up to a length.
  func positionBias(length: Int) -> PositionBias? {
    guard let slopes else { return nil }
    let values = slopes.flatMap { slope in
      (0..<length).map { position -> Float in
        slopesAreHalved
          ? Self.halved(Self.halved(slope) * Float(position)) * slopeScale
          : slope * Float(position) * slopeScale
      }
    }
    return PositionBias(Tensor(values, shape: [slopes.count, length]), .key)
  }

  /// The nearest bfloat16, ties to even.
  private static func halved(_ value: Float) -> Float {
    let bits = value.bitPattern
    let rounded = bits &+ 0x7fff &+ ((bits >> 16) & 1)
    return Float(bitPattern: rounded & 0xffff_0000)
  }
}
