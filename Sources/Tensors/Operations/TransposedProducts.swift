import InterchangeBasics

extension Tensor {
  /// y·W with a frozen weight, the way back of ``linear(_:bias:)-(Weight,_)``: a row of the result
  /// says how much each input of the weight adds to the outputs that the row of y weighs.
  ///
  /// - Parameter weight: [outputs, inputs]
  /// - Returns: [rows, inputs], without a gradient
  public func transposedLinear(_ weight: Weight) -> Tensor {
    require(
      weight.rows == width,
      "transposedLinear: expected [rows, n] · [n, k], got \(shape) · "
        + "[\(weight.rows), \(weight.width)]")
    return weight.transposedProduct(detached)
  }
}
