import InterchangeTensors

/// Weighted ridge regressions from rows x to y − x, the penalty in mean variances of a standardized
/// coordinate of x.
struct RidgeRegression {
  /// Σ w x / Σ w and Σ w (y − x) / Σ w: [width].
  private let mean: Tensor
  private let meanChange: Tensor
  /// One over the deviation of each coordinate of x: [width].
  private let scale: Tensor
  /// The eigenvalues and, as rows, the eigenvectors of the standardized x's covariance.
  private let values: [Float]
  private let vectors: Tensor
  /// The covariances of the eigenvectors' coordinates with y − x: [width, width].
  private let covariances: Tensor

  /// Regressions of rows with weights that sum to 1: [n, width] each, [n].
  init(_ x: Tensor, _ y: Tensor, weights: Tensor) throws {
    func weighted(_ rows: Tensor) -> Tensor { rows.scalingRows(by: weights).columnSums() }
    mean = weighted(x)
    meanChange = weighted(y - x)
    let centred = x.addingToRows(-1 * mean)
    let variances = weighted(centred * centred).elements
    let largest = variances.max() ?? 0
    // A coordinate that doesn't vary says nothing.
    scale = Tensor(variances.map { $0 > 1e-12 * largest ? 1 / $0.squareRoot() : 0 })
    let roots = Tensor(weights.elements.map { $0.squareRoot() })
    let z = centred.multiplyingRows(scale).scalingRows(by: roots)
    let change = (y - x).addingToRows(-1 * meanChange).scalingRows(by: roots)
    let transposed = z.transposed()
    (values, vectors) = try transposed.matrixProduct(z).symmetricEigen()
    covariances = vectors.matrixProduct(transposed.matrixProduct(change))
  }

  /// The map of a penalty.
  func map(penalty: Double) -> TunedLens.Translator {
    let factors = values.map { Float(1 / (Double(max(0, $0)) + penalty)) }
    let solution = vectors.transposed().matrixProduct(covariances.scalingRows(by: Tensor(factors)))
      .scalingRows(by: scale)
    let weight = solution.transposed()
    let shift = mean.reshaped([1, mean.count]).linear(weight).reshaped([mean.count])
    return TunedLens.Translator(weight: weight, bias: meanChange - shift)
  }
}
