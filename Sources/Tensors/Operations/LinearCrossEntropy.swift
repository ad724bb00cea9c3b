import CInterchangeKernels
import Foundation
import InterchangeBasics

extension Tensor {
  /// The mean over rows of −log softmax(x·Wᵀ)[target] with a frozen weight, as a scalar.
  ///
  /// The logits are never held: the weight is read once, a panel of outputs at a time, and the
  /// gradient of x is gathered on the way, both rescaled whenever a larger logit turns up.
  ///
  /// - Parameters:
  ///   - weight: [outputs, width]
  ///   - targets: one output for each row of [rows, width]
  public func linearCrossEntropy(_ weight: Weight, targets: [Int]) -> Tensor {
    require(
      weight.width == width && targets.count == rows
        && targets.allSatisfy { $0 >= 0 && $0 < weight.rows },
      "linearCrossEntropy: \(shape) with a weight [\(weight.rows), \(weight.width)] and "
        + "\(targets.count) targets up to \(targets.max() ?? 0)")
    guard rows > 0 else { return Tensor([.nan], shape: []) }
    let pass = LinearCrossEntropy(
      x: detached, weight: weight, targets: targets, hasGradient: requiresGradient)
    let (loss, gradient) = pass.run()
    return Tensor([loss], shape: []).recorded(from: [self]) { upstream, _ in
      [gradient.map { upstream.scalar * $0 }]
    }
  }
}

/// One pass over the outputs, split into parts that threads take; the parts are the same for any
/// number of threads.
private struct LinearCrossEntropy {
  let x: Tensor
  let weight: Weight
  let targets: [Int]
  let hasGradient: Bool
  private let packed: Tensor?

  /// The sums over a part of the outputs, relative to its own largest logit.
  private struct Part {
    let largest: Tensor  // [rows]
    let sums: Tensor  // [rows]: Σ e^(logit − largest)
    let gradient: Tensor?  // [rows, width]: Σ e^(logit − largest) · W
  }

  init(x: Tensor, weight: Weight, targets: [Int], hasGradient: Bool) {
    (self.x, self.weight, self.targets, self.hasGradient) = (x, weight, targets, hasGradient)
    guard x.rows <= CK_FEW_ROWS else {
      packed = nil
      return
    }
    let packed = Tensor(uninitialized: [ck_few_packed_count(x.rows, x.width)])
    ck_few_pack(x.pointer, x.rows, x.width, packed.pointer)
    self.packed = packed
  }

  /// Outputs that are taken at a time: their widened rows stay in the second-level cache.
  private var panelRows: Int {
    packed == nil ? 3 * Int(CK_DEPTH) : max(16, min(256, (1 << 17) / x.width))
  }

  func run() -> (loss: Float, gradient: Tensor?) {
    let rows = x.rows
    let count = min(8, (weight.rows + 63) / 64)
    let targetLogits = Tensor(uninitialized: [rows])
    let parts = (0..<count).map { _ in
      Part(
        largest: Tensor(repeating: -.infinity, shape: [rows]), sums: .zeros([rows]),
        gradient: hasGradient ? .zeros(x.shape) : nil)
    }
    Parallel.forEach(count) { part in
      let range = weight.rows * part / count..<weight.rows * (part + 1) / count
      for start in stride(from: range.lowerBound, to: range.upperBound, by: panelRows) {
        let panel = start..<min(start + panelRows, range.upperBound)
        take(panel, into: parts[part], targetLogits)
      }
    }
    return combined(parts, targetLogits)
  }

  /// Adds a panel of outputs to a part.
  private func take(_ panel: Range<Int>, into part: Part, _ targetLogits: Tensor) {
    let (rows, width, count) = (x.rows, x.width, panel.count)
    let logits = Tensor(uninitialized: [rows, count])
    // Another thread may take a buffer as soon as it is given back.
    defer { withExtendedLifetime(logits) {} }
    guard let packed else {
      return weight.withKernel { matrix in
        Kernels.packedProduct(
          ck_left(data: x.pointer, stride: width, transposed: 0), rows: rows, matrix, panel,
          transposed: true, into: logits.pointer, count)
        takeSoftmax(logits, panel, into: part, targetLogits)
        guard let gradient = part.gradient else { return }
        Kernels.packedProduct(
          ck_left(data: logits.pointer, stride: count, transposed: 0), rows: rows, matrix, panel,
          transposed: false, into: gradient.pointer, width, accumulating: true)
      }
    }
    weight.withPlainRows(panel) { matrix in
      ck_few_product(matrix, 0, count, packed.pointer, rows, logits.pointer, count)
      takeSoftmax(logits, panel, into: part, targetLogits)
      guard let gradient = part.gradient else { return }
      let factors = Tensor(uninitialized: [ck_few_packed_count(rows, count)])
      ck_few_pack(logits.pointer, rows, count, factors.pointer)
      let addition = Tensor(uninitialized: [rows, width])
      ck_few_product_transposed(
        matrix, count, 0, width, factors.pointer, rows, addition.pointer, width)
      ck_accumulate(addition.pointer, 1, gradient.pointer, addition.count)
      withExtendedLifetime((factors, addition)) {}
    }
  }

  /// Turns a panel's logits into e^(logit − the part's largest), and brings the part to that.
  private func takeSoftmax(
    _ logits: Tensor, _ panel: Range<Int>, into part: Part, _ targetLogits: Tensor
  ) {
    let (width, count) = (x.width, panel.count)
    for row in 0..<x.rows {
      let line = logits.pointer + row * count
      if panel.contains(targets[row]) {
        targetLogits.pointer[row] = line[targets[row] - panel.lowerBound]
      }
      let scale = ck_running_softmax(
        line, count, part.largest.pointer + row, part.sums.pointer + row)
      if scale != 1, let gradient = part.gradient {
        let line = gradient.pointer + row * width
        ck_scale(line, scale, line, width)
      }
    }
  }

  /// Brings the parts to a common largest logit.
  private func combined(
    _ parts: [Part], _ targetLogits: Tensor
  ) -> (loss: Float, gradient: Tensor?) {
    let (rows, width) = (x.rows, x.width)
    let gradient = hasGradient ? weight.floats(targets) : nil
    var total = 0.0
    for row in 0..<rows {
      let largest = parts.map { $0.largest.pointer[row] }.reduce(-.infinity, max)
      let scales = parts.map { exp($0.largest.pointer[row] - largest) }
      let sum = zip(parts, scales).reduce(0.0) {
        $0 + Double($1.0.sums.pointer[row]) * Double($1.1)
      }
      total += log(sum) - Double(targetLogits.pointer[row] - largest)
      guard let gradient else { continue }
      let line = gradient.pointer + row * width
      ck_scale(line, -1 / Float(rows), line, width)
      for (part, scale) in zip(parts, scales) {
        let factor = Float(Double(scale) / (sum * Double(rows)))
        ck_accumulate(part.gradient!.pointer + row * width, factor, line, width)
      }
    }
    return withExtendedLifetime(parts) { (Float(total / Double(rows)), gradient) }
  }
}
