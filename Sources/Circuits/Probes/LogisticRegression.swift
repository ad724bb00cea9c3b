import Foundation
import InterchangeBasics

/// A multinomial logistic regression: P(class c | x) ∝ exp(w_c · z + b_c) on standardized features
/// z, fitted by L-BFGS on Σ −log P(label | x) + penalty / 2 · Σ ‖w_c‖² in double precision.
///
/// The loss is convex, with one minimum where the penalty is positive: the fit depends on no seed.
public struct LogisticRegression: Sendable {
  /// The number of classes.
  public let classes: Int
  /// The number of features.
  public let width: Int
  /// Tells whether the gradient became as small as was asked for.
  public let isConverged: Bool
  /// The number of steps.
  public let iterations: Int
  /// The loss at the end, the penalty in it.
  public let loss: Double
  private let means: [Double]
  private let scales: [Double]
  /// [classes][width + 1], the bias last.
  private let weights: [Double]

  /// Fits the regression.
  ///
  /// - Parameters:
  ///   - rows: features, [examples · width]
  ///   - labels: the class of each example, below `classes`
  ///   - penalty: the factor of half the weights' squares; biases have none
  ///   - tolerance: the largest element of the gradient per example at which the fit ends
  public init(
    _ rows: [Double], width: Int, labels: [Int], classes: Int, penalty: Double,
    iterations limit: Int = 500, tolerance: Double = 1e-6
  ) {
    require(
      rows.count == labels.count * width && !labels.isEmpty
        && labels.allSatisfy { (0..<classes).contains($0) },
      "LogisticRegression: \(rows.count) numbers, width \(width), \(labels.count) labels")
    (self.width, self.classes) = (width, classes)
    (means, scales) = Self.moments(rows, width)
    let problem = Problem(
      rows: Self.standardized(rows, means, scales), width: width, labels: labels, classes: classes,
      penalty: penalty)
    let found = LBFGS.minimum(
      from: [Double](repeating: 0, count: classes * (width + 1)), limit: limit,
      tolerance: tolerance * Double(labels.count)
    ) { problem.loss($0, &$1) }
    (weights, loss) = (found.point, found.value)
    (isConverged, iterations) = (found.isConverged, found.iterations)
  }

  /// The likeliest class of each row: [rows · width]; the first of equals.
  public func classes(of rows: [Double]) -> [Int] {
    let standardized = Self.standardized(rows, means, scales)
    return (0..<rows.count / max(1, width)).map { row in
      var best = (0, -Double.infinity)
      for c in 0..<classes {
        var score = weights[c * (width + 1) + width]
        for j in 0..<width {
          score += weights[c * (width + 1) + j] * standardized[row * width + j]
        }
        if score > best.1 { best = (c, score) }
      }
      return best.0
    }
  }

  /// The mean and the deviation of each feature; 1 for one that never changes.
  private static func moments(_ rows: [Double], _ width: Int) -> ([Double], [Double]) {
    let count = Double(rows.count / max(1, width))
    var (means, squares) = (
      [Double](repeating: 0, count: width), [Double](repeating: 0, count: width)
    )
    for (index, value) in rows.enumerated() { means[index % width] += value / count }
    for (index, value) in rows.enumerated() {
      let distance = value - means[index % width]
      squares[index % width] += distance * distance / count
    }
    return (means, squares.map { $0 > 0 ? $0.squareRoot() : 1 })
  }

  private static func standardized(
    _ rows: [Double], _ means: [Double], _ scales: [Double]
  ) -> [Double] {
    rows.indices.map { (rows[$0] - means[$0 % means.count]) / scales[$0 % means.count] }
  }

  /// The loss of weights and its gradient.
  private struct Problem {
    let rows: [Double]
    let width: Int
    let labels: [Int]
    let classes: Int
    let penalty: Double

    func loss(_ weights: [Double], _ gradient: inout [Double]) -> Double {
      let stride = width + 1
      var loss = 0.0
      rows.withUnsafeBufferPointer { rows in
        weights.withUnsafeBufferPointer { weights in
          gradient.withUnsafeMutableBufferPointer { gradient in
            for index in gradient.indices { gradient[index] = 0 }
            var scores = [Double](repeating: 0, count: classes)
            for (example, label) in labels.enumerated() {
              let row = rows.baseAddress! + example * width
              for c in 0..<classes {
                let own = weights.baseAddress! + c * stride
                var sum = own[width]
                for j in 0..<width { sum += own[j] * row[j] }
                scores[c] = sum
              }
              let most = scores.max() ?? 0
              let total = scores.reduce(0) { $0 + exp($1 - most) }
              loss += most + log(total) - scores[label]
              for c in 0..<classes {
                let factor = exp(scores[c] - most) / total - (c == label ? 1 : 0)
                let own = gradient.baseAddress! + c * stride
                for j in 0..<width { own[j] += factor * row[j] }
                own[width] += factor
              }
            }
            for c in 0..<classes {
              for j in 0..<width {
                let weight = weights[c * stride + j]
                loss += penalty / 2 * weight * weight
                gradient[c * stride + j] += penalty * weight
              }
            }
          }
        }
      }
      return loss
    }
  }
}
