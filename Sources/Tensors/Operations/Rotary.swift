import CInterchangeKernels
import Foundation
import InterchangeBasics

/// The angles of rotary position embeddings (RoPE, arXiv 2104.09864), for all of a head or the
/// first part of it, in pairs (i, i + turned / 2) or adjacent ones.
public struct RotaryEmbedding: Sendable {
  /// The numbers of a head that are taken as a pair.
  public enum Pairing: Sendable {
    /// The i-th number of both halves of the turned part.
    case halves
    /// Two numbers beside each other, as GPT-J has them.
    case adjacent
  }

  /// The frequencies for sequences longer than some length, where they are others.
  public struct Longer: Sendable {
    /// The length of the longest sequence that has the plain ones.
    public var than: Int
    /// The length up to which they are meant to be used; nil: that of the model.
    public var upTo: Int?
    /// The frequencies for a sequence of some length: [turned / 2].
    public var frequencies: @Sendable (Int) -> [Double]

    /// Frequencies for what is longer.
    public init(
      than: Int, upTo: Int? = nil, frequencies: @escaping @Sendable (Int) -> [Double]
    ) {
      (self.than, self.upTo, self.frequencies) = (than, upTo, frequencies)
    }
  }

  /// A number that only its copies have, by which angles are found again.
  public let identity = UUID()
  /// The width of one head; even.
  public let headWidth: Int
  /// The width of the part that is turned; even.
  public let turned: Int
  /// The numbers that are taken as a pair.
  public let pairing: Pairing
  /// The radians by which each pair turns from one position to the next: [turned / 2].
  public let frequencies: [Double]
  /// The factor of what is turned, as YaRN has it; 1 without.
  public let magnitude: Float
  /// The frequencies of longer sequences; nil where there is nothing else.
  public let longer: Longer?

  /// - Parameters:
  ///   - headWidth: even
  ///   - base: θ; the i-th pair turns by position · θ^(−2i / headWidth)
  ///   - frequencyFactors: divides the i-th frequency (LLaMA 3.1's scaling); [headWidth / 2]
  public init(headWidth: Int, base: Double, frequencyFactors: [Double]? = nil) {
    let plain = Self.frequencies(turned: headWidth, base: base)
    self.init(
      headWidth: headWidth, turned: headWidth,
      frequencies: plain.enumerated().map { $1 / (frequencyFactors?[$0] ?? 1) })
  }

  /// An embedding with stated frequencies: [turned / 2].
  ///
  /// - Parameters:
  ///   - headWidth: at least `turned`
  ///   - turned: even
  public init(
    headWidth: Int, turned: Int, frequencies: [Double], pairing: Pairing = .halves,
    magnitude: Float = 1, longer: Longer? = nil
  ) {
    require(
      turned % 2 == 0 && turned <= headWidth && frequencies.count == turned / 2,
      "RotaryEmbedding: expected an even width of at most \(headWidth) and a frequency for each pair, "
        + "got \(turned), \(frequencies.count)")
    (self.headWidth, self.turned, self.pairing) = (headWidth, turned, pairing)
    (self.frequencies, self.magnitude, self.longer) = (frequencies, magnitude, longer)
  }

  /// The plain frequencies θ^(−2i / turned): [turned / 2].
  public static func frequencies(turned: Int, base: Double) -> [Double] {
    (0..<turned / 2).map { pow(base, -2 * Double($0) / Double(turned)) }
  }

  /// The frequencies in a sequence of some length.
  private func frequencies(length: Int) -> [Double] {
    guard let longer, length > longer.than else { return frequencies }
    return longer.frequencies(length)
  }

  /// Cosines and sines for positions: each [positions.count, turned / 2].
  func table(_ positions: [Int], lengths: [Int]) -> (cosines: Tensor, sines: Tensor) {
    let half = turned / 2
    let cosines = Tensor(uninitialized: [positions.count, half])
    let sines = Tensor(uninitialized: [positions.count, half])
    var (known, current) = (-1, frequencies)
    for (row, position) in positions.enumerated() {
      if longer != nil, lengths[row] != known {
        known = lengths[row]
        current = frequencies(length: known)
      }
      for (index, frequency) in current.enumerated() {
        // float32 angles, as the reference implementations have them.
        let angle = Double(Float(position) * Float(frequency))
        cosines.pointer[row * half + index] = Float(cos(angle)) * magnitude
        sines.pointer[row * half + index] = Float(sin(angle)) * magnitude
      }
    }
    return (cosines, sines)
  }

  /// The angles of a list of rows, made once for all layers of a run.
  ///
  /// - Parameter lengths: for each row the length of its sequence, on which some embeddings depend;
  ///   without it all are taken for short
  public func angles(at positions: [Int], lengths: [Int]? = nil) -> RotaryAngles {
    let (cosines, sines) = table(positions, lengths: lengths ?? positions.map { _ in 0 })
    return RotaryAngles(
      headWidth: headWidth, turned: turned, pairing: pairing, cosines: cosines, sines: sines)
  }
}

/// Cosines and sines for the positions of a list of rows.
public struct RotaryAngles: Sendable {
  let headWidth: Int
  let turned: Int
  let pairing: RotaryEmbedding.Pairing
  let cosines: Tensor
  let sines: Tensor

  /// The angles of some of the rows.
  public func rows(_ indices: [Int]) -> RotaryAngles {
    RotaryAngles(
      headWidth: headWidth, turned: turned, pairing: pairing, cosines: cosines.gatherRows(indices),
      sines: sines.gatherRows(indices))
  }

  /// Turns the heads of one row.
  fileprivate func turn(
    _ row: UnsafePointer<Float>, _ angles: Int, _ direction: Float,
    into out: UnsafeMutablePointer<Float>, heads: Int
  ) {
    let (cosines, sines) = (cosines.pointer + angles, sines.pointer + angles)
    if turned == headWidth && pairing == .halves {
      ck_rotary(row, cosines, sines, direction, out, heads, headWidth)
    } else {
      ck_rotary_part(
        row, cosines, sines, direction, out, heads, headWidth, turned,
        pairing == .adjacent ? 1 : 0)
    }
  }
}

extension Tensor {
  /// Rotates every head of every row by its position's angles: [rows, heads · headWidth].
  public func rotated(by angles: RotaryAngles) -> Tensor {
    turned(by: angles, direction: 1)
  }

  private func turned(by angles: RotaryAngles, direction: Float) -> Tensor {
    let (width, half) = (width, angles.turned / 2)
    require(
      width % angles.headWidth == 0 && angles.cosines.rows == rows,
      "rotated: expected \(angles.cosines.rows) rows of heads of \(angles.headWidth), got \(shape)")
    let result = Tensor(uninitialized: shape)
    Parallel.ranges(rows, work: count) { range in
      for row in range {
        angles.turn(
          pointer + row * width, row * half, direction, into: result.pointer + row * width,
          heads: width / angles.headWidth)
      }
    }
    return result.recorded(from: [self]) { gradient, _ in
      [gradient.turned(by: angles, direction: -direction)]
    }
  }
}
