import InterchangeTensors

/// The non-linearity of a sparse autoencoder: which features are active, and how much.
public enum SparseActivation {
  /// max(0, x)
  case relu
  /// x where x > θ and x > 0, else 0, with a θ for each feature: [features] (arXiv 2407.14435).
  case jumpReLU(threshold: Tensor)
  /// The k largest of max(0, x), the others 0 (arXiv 2406.04093).
  case topK(Int)
  /// max(0, e^r ⊙ x + m) where x + g > 0, else 0 (arXiv 2404.16014), with x the encoder's product
  /// without a bias and r, m, g: [features].
  case gated(logScale: Tensor, gateBias: Tensor, magnitudeBias: Tensor)

  /// The name in tables.
  public var name: String {
    switch self {
    case .relu: "ReLU"
    case .jumpReLU: "JumpReLU"
    case .topK(let count): "top-\(count)"
    case .gated: "gated"
    }
  }

  /// The features of what the encoder's product gives: [rows, features], likewise the result.
  package func callAsFunction(_ product: Tensor) -> Tensor {
    switch self {
    case .relu: return product.activated(.relu)
    case .jumpReLU(let threshold):
      let limits = threshold.elements
      return product.keeping { row, column, value in value > max(0, limits[column]) }
    case .topK(let count): return product * product.largestPositive(count)
    case .gated(let logScale, let gateBias, let magnitudeBias):
      let gates = product.detached.addingToRows(gateBias)
      return product.multiplyingRows(logScale.exponentials).addingToRows(magnitudeBias)
        .activated(.relu).keeping { row, column, _ in gates[row, column] > 0 }
    }
  }
}

extension Tensor {
  /// The elements that a test chooses, the others 0; the gradient passes where they are kept.
  ///
  /// - Parameter isKept: from row, column and value
  fileprivate func keeping(_ isKept: (Int, Int, Float) -> Bool) -> Tensor {
    let width = width
    let mask = withElements { values in
      values.indices.map { index -> Float in
        // What is no number stays one that isn't: 0 times it is none either.
        isKept(index / width, index % width, values[index]) ? 1 : 0
      }
    }
    return self * Tensor(mask, shape: shape)
  }

  /// 1 at the `count` largest elements above 0 of each row, of equal ones the first; else 0.
  package func largestPositive(_ count: Int) -> Tensor {
    let width = width
    var mask = Tensor.zeros(shape)
    withElements { values in
      mask.mutateElements { mask in
        let (values, mask) = (values.baseAddress!, mask.baseAddress!)
        Parallel.ranges(rows, work: 8 * self.count) { range in
          for row in range {
            Self.mark(count, values + row * width, in: mask + row * width, width)
          }
        }
      }
    }
    return mask
  }

  /// Marks the largest elements above 0 of one row.
  private static func mark(
    _ count: Int, _ values: UnsafePointer<Float>, in mask: UnsafeMutablePointer<Float>, _ width: Int
  ) {
    var positive: [Float] = []
    positive.reserveCapacity(width)
    for place in 0..<width where values[place] > 0 { positive.append(values[place]) }
    guard positive.count > count else {
      for place in 0..<width where values[place] > 0 { mask[place] = 1 }
      return
    }
    let limit = positive.largest(count)
    var ties = count
    for place in 0..<width where values[place] > limit {
      mask[place] = 1
      ties -= 1
    }
    for place in 0..<width where ties > 0 && values[place] == limit {
      mask[place] = 1
      ties -= 1
    }
  }
}

extension [Float] {
  /// The `count`-th largest element, by Hoare's selection, which changes the order.
  fileprivate mutating func largest(_ count: Int) -> Float {
    var (low, high) = (0, self.count - 1)
    let wanted = count - 1
    while low < high {
      let pivot = self[(low + high) / 2]
      var (left, right) = (low, high)
      while left <= right {
        while self[left] > pivot { left += 1 }
        while self[right] < pivot { right -= 1 }
        guard left <= right else { break }
        swapAt(left, right)
        (left, right) = (left + 1, right - 1)
      }
      if wanted <= right { high = right } else if wanted >= left { low = left } else { break }
    }
    return self[wanted]
  }
}
