import InterchangeTensors

/// The matrices by which the heads of a layer read and write the residual stream, with the gains of
/// the norms around them multiplied in and, of layer norms, their centering.
///
/// What depends on the row stays out: a norm's scale, a rotation by the position, biases.
public struct HeadMatrices: Sendable {
  /// The number of query heads.
  public let heads: Int
  /// The number of key and value heads.
  public let keyHeads: Int
  /// The width of a head.
  public let headWidth: Int
  /// From the stream to the queries: [heads · headWidth, width].
  public let query: Tensor
  /// From the stream to the keys: [keyHeads · headWidth, width].
  public let key: Tensor
  /// From the stream to the values: [keyHeads · headWidth, width].
  public let value: Tensor
  /// From the mixed values to the stream: [width, heads · headWidth].
  public let output: Tensor

  /// Matrices of heads.
  public init(
    heads: Int, keyHeads: Int, headWidth: Int, query: Tensor, key: Tensor, value: Tensor,
    output: Tensor
  ) {
    (self.heads, self.keyHeads, self.headWidth) = (heads, keyHeads, headWidth)
    (self.query, self.key, self.value, self.output) = (query, key, value, output)
  }

  /// The key head that a query head reads.
  public func keyHead(of head: Int) -> Int { head / (heads / keyHeads) }

  /// The rows of one head.
  public func rows(_ head: Int) -> Range<Int> { head * headWidth..<(head + 1) * headWidth }
}

extension Tensor {
  /// A matrix [outputs, inputs] after a norm, as one of the norm's centered input.
  func folding(_ norm: ListedNorm?) -> Tensor {
    guard let norm else { return self }
    let scaled = multiplyingRows(norm.weight)
    return norm.design.kind == .layer ? scaled.centered : scaled
  }

  /// Each row less its mean.
  var centered: Tensor {
    var centered = detached
    let width = width
    centered.mutateElements { elements in
      for start in stride(from: 0, to: elements.count, by: width) {
        let mean = (0..<width).reduce(0.0) { $0 + Double(elements[start + $1]) } / Double(width)
        for column in 0..<width { elements[start + column] -= Float(mean) }
      }
    }
    return centered
  }
}
