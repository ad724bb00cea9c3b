import CInterchangeKernels
import InterchangeBasics

extension Tensor {
  /// The mean over rows of −log softmax(logits)[target], as a scalar.
  ///
  /// - Parameter targets: one class below `width` for each row of [rows, width].
  public func crossEntropy(_ targets: [Int]) -> Tensor {
    let (rows, width) = (rows, width)
    require(
      targets.count == rows && targets.allSatisfy { $0 >= 0 && $0 < width },
      "crossEntropy: expected \(rows) targets below \(width), got \(targets)")
    let probabilities = requiresGradient ? Tensor(uninitialized: shape) : nil
    let losses = Tensor(uninitialized: [rows])
    Parallel.ranges(rows, work: count) { range in
      for row in range {
        losses.pointer[row] = ck_cross_entropy(
          pointer + row * width, targets[row], probabilities.map { $0.pointer + row * width }, width
        )
      }
    }
    let mean = withExtendedLifetime(losses) { Float(ck_sum(losses.pointer, rows)) / Float(rows) }
    return Tensor([mean], shape: []).recorded(from: [self]) { gradient, _ in
      guard var dx = probabilities else { return [nil] }
      let scale = gradient.scalar / Float(rows)
      dx = scale * dx
      for (row, target) in targets.enumerated() { dx.pointer[row * width + target] -= scale }
      return [dx]
    }
  }

  /// The natural logarithms of the softmax of every row, without a gradient.
  public func logSoftmax() -> Tensor {
    let width = width
    let result = Tensor(uninitialized: shape)
    for row in 0..<rows {
      let (from, to) = (pointer + row * width, result.pointer + row * width)
      // Measured from the largest logit: another one may be −∞, or too far away to be exact.
      guard let largest = (0..<width).max(by: { from[$0] < from[$1] }) else { continue }
      let loss = ck_cross_entropy(from, largest, nil, width)
      for column in 0..<width { to[column] = from[column] - from[largest] - loss }
    }
    return withExtendedLifetime(self) { result }
  }
}
