import Foundation
import InterchangeBasics

extension Tensor {
  /// The weights by which a router's scores mix the experts that it chooses: of every row the
  /// softmax of its largest scores, over all scores or over those alone.
  ///
  /// - Parameters:
  ///   - count: the number of experts that are chosen; of equal scores the first ones
  ///   - isNormalized: whether a row's weights sum to 1
  /// - Returns: the weights [rows, count] and each row's experts, the largest score first
  public func routed(
    to count: Int, isNormalized: Bool
  ) -> (weights: Tensor, experts: [[Int]]) {
    let (rows, width) = (rows, width)
    require(
      (1...max(1, width)).contains(count), "routed(to:): expected 1 to \(width), got \(count)")
    let scores = elements
    let experts = (0..<rows).map { row in
      Array(
        (0..<width).sorted { a, b in
          let (x, y) = (scores[row * width + a], scores[row * width + b])
          return x > y || (x == y && a < b)
        }.prefix(count))
    }
    let shares = (0..<rows).map { row in
      Self.softmax(
        (isNormalized ? experts[row] : Array(0..<width)).map { scores[row * width + $0] })
    }
    let weights = zip(shares, experts).flatMap { shares, experts in
      isNormalized ? shares : experts.map { shares[$0] }
    }
    let result = Tensor(weights.map(Float.init), shape: [rows, count])
    let recorded = result.recorded(from: [self]) { gradient, _ in
      var total = [Float](repeating: 0, count: rows * width)
      let gradients = gradient.elements.map(Double.init)
      for row in 0..<rows {
        let own = gradients[row * count..<(row + 1) * count]
        let weights = weights[row * count..<(row + 1) * count]
        let mean = zip(own, weights).reduce(0) { $0 + $1.0 * $1.1 }
        for (expert, share) in zip(isNormalized ? experts[row] : Array(0..<width), shares[row]) {
          total[row * width + expert] = Float(-mean * share)
        }
        for ((expert, weight), gradient) in zip(zip(experts[row], weights), own) {
          total[row * width + expert] += Float(gradient * weight)
        }
      }
      return [Tensor(total, shape: [rows, width])]
    }
    return (recorded, experts)
  }

  private static func softmax(_ scores: [Float]) -> [Double] {
    let largest = Double(scores.max() ?? 0)
    let powers = scores.map { exp(Double($0) - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// Every row times its own factor.
  ///
  /// - Parameter factors: [rows]
  public func scalingRows(by factors: Tensor) -> Tensor {
    let (rows, width) = (rows, width)
    require(
      factors.count == rows, "scalingRows: expected \(rows) factors, got \(factors.shape)")
    let result = Tensor(uninitialized: shape)
    for row in 0..<rows {
      for column in row * width..<(row + 1) * width {
        result.pointer[column] = pointer[column] * factors.pointer[row]
      }
    }
    return result.recorded(from: [self, factors]) { gradient, needed in
      let own = needed[0] ? gradient.scalingRows(by: factors.detached) : nil
      guard needed[1] else { return [own, nil] }
      let sums = Tensor.zeros(factors.shape)
      for row in 0..<rows {
        var sum = 0.0
        for column in row * width..<(row + 1) * width {
          sum += Double(pointer[column]) * Double(gradient.pointer[column])
        }
        sums.pointer[row] = Float(sum)
      }
      return [own, sums]
    }
  }
}
