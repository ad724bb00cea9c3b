import CInterchangeKernels
import Foundation
import InterchangeBasics

/// The angles of rotary position embeddings (RoPE, arXiv 2104.09864), for pairs (i, i +
/// headWidth/2).
public struct RotaryEmbedding: Sendable {
  /// The width of one head; even.
  public let headWidth: Int
  private let frequencies: [Double]

  /// - Parameters:
  ///   - headWidth: even
  ///   - base: θ; the i-th pair turns by position · θ^(−2i / headWidth)
  ///   - frequencyFactors: divides the i-th frequency (LLaMA 3.1's scaling); [headWidth / 2]
  public init(headWidth: Int, base: Double, frequencyFactors: [Double]? = nil) {
    require(
      headWidth % 2 == 0, "RotaryEmbedding: expected an even head width, got \(headWidth)")
    self.headWidth = headWidth
    frequencies = (0..<headWidth / 2).map { index in
      pow(base, -2 * Double(index) / Double(headWidth)) / (frequencyFactors?[index] ?? 1)
    }
  }

  /// Cosines and sines for positions: each [positions.count, headWidth / 2].
  func table(_ positions: [Int]) -> (cosines: Tensor, sines: Tensor) {
    let half = headWidth / 2
    let cosines = Tensor(uninitialized: [positions.count, half])
    let sines = Tensor(uninitialized: [positions.count, half])
    for (row, position) in positions.enumerated() {
      for (index, frequency) in frequencies.enumerated() {
        // float32 angles, as the reference implementations have them.
        let angle = Double(Float(position) * Float(frequency))
        cosines.pointer[row * half + index] = Float(cos(angle))
        sines.pointer[row * half + index] = Float(sin(angle))
      }
    }
    return (cosines, sines)
  }

  /// The angles of a list of rows, made once for all layers of a run.
  public func angles(at positions: [Int]) -> RotaryAngles {
    let (cosines, sines) = table(positions)
    return RotaryAngles(headWidth: headWidth, cosines: cosines, sines: sines)
  }
}

/// Cosines and sines for the positions of a list of rows.
public struct RotaryAngles: Sendable {
  let headWidth: Int
  let cosines: Tensor
  let sines: Tensor

  /// The angles of some of the rows.
  public func rows(_ indices: [Int]) -> RotaryAngles {
    RotaryAngles(
      headWidth: headWidth, cosines: cosines.gatherRows(indices), sines: sines.gatherRows(indices))
  }
}

extension Tensor {
  /// Rotates every head of every row by its position's angles: [rows, heads · headWidth].
  public func rotated(by angles: RotaryAngles) -> Tensor {
    turned(by: angles, direction: 1)
  }

  private func turned(by angles: RotaryAngles, direction: Float) -> Tensor {
    let (width, half) = (width, angles.headWidth / 2)
    require(
      width % angles.headWidth == 0 && angles.cosines.rows == rows,
      "rotated: expected \(angles.cosines.rows) rows of heads of \(angles.headWidth), got \(shape)")
    let result = Tensor(uninitialized: shape)
    Parallel.ranges(rows, work: count) { range in
      for row in range {
        ck_rotary(
          pointer + row * width, angles.cosines.pointer + row * half,
          angles.sines.pointer + row * half, direction, result.pointer + row * width,
          width / angles.headWidth, angles.headWidth)
      }
    }
    return result.recorded(from: [self]) { gradient, _ in
      [gradient.turned(by: angles, direction: -direction)]
    }
  }
}
