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
  func callAsFunction(_ product: Tensor) -> Tensor {
    switch self {
    case .relu: return product.activated(.relu)
    case .jumpReLU(let threshold):
      let limits = threshold.elements
      return product.keeping { row, column, value in value > max(0, limits[column]) }
    case .topK(let count):
      let kept = (0..<product.rows).map { Self.largest(count, in: product, row: $0) }
      return product.keeping { row, column, value in value > 0 && kept[row].contains(column) }
    case .gated(let logScale, let gateBias, let magnitudeBias):
      let gates = product.detached.addingToRows(gateBias)
      return product.multiplyingRows(logScale.exponentials).addingToRows(magnitudeBias)
        .activated(.relu).keeping { row, column, _ in gates[row, column] > 0 }
    }
  }

  /// The columns of a row's largest values; of equal ones the first.
  private static func largest(_ count: Int, in rows: Tensor, row: Int) -> Set<Int> {
    let width = rows.width
    return rows.withElements { values in
      let line = values[row * width..<(row + 1) * width]
      let start = line.startIndex
      let order = line.indices.sorted { (line[$0], $1) > (line[$1], $0) }
      return Set(order.prefix(count).map { $0 - start })
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
}
