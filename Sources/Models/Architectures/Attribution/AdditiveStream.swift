import InterchangeTensors

/// An architecture whose outputs are a norm and a linear map of a sum: of the embeddings and of
/// what every attention and MLP adds to the residual stream.
///
/// Direct attribution, head detectors by weights and composition scores need no more of a network
/// than this. A network whose stream is normed after every addition is none: there the additions
/// aren't what is summed.
public protocol AdditiveStream: Architecture {
  /// The reason why its outputs are no such sum all the same; nil where they are.
  var attributionFault: String? { get }

  /// The parts of a position's first row, which sum to it: those of the token, of its position and
  /// of its type; one for all where a norm stands after their sum.
  ///
  /// - Throws: ``ModelError/invalidInput(expected:found:)`` for an input that it doesn't read.
  func embeddingParts(of input: ModelInput, at position: Int) throws -> [StreamPart]

  /// The outputs' logits for rows of the last stage before a bound that follows: [rows, outputs].
  func unboundedLogits(_ residual: Tensor, outputs: [Int]) -> Tensor

  /// The map from the last stage to a weighted sum of logits, with the last norm's scale fixed to
  /// the one that a row of the last stage has.
  ///
  /// - Parameters:
  ///   - row: a row of the last stage: [width]
  ///   - outputs: the outputs and the factor of each; 1 and −1 for a difference
  func readout(at row: [Float], of outputs: [(output: Int, factor: Float)]) -> FrozenReadout

  /// The last map of a layer's attention with what stands between it and the stream, a norm's scale
  /// fixed to the one that a row has.
  ///
  /// - Parameter projected: the row that the map made, where a norm follows it: [width]
  func attentionWriter(of layer: Int, at projected: [Float]?) -> FrozenWriter

  /// The last map of a layer's MLP in the same way; nil of a mixture of experts.
  func mlpWriter(of layer: Int, at projected: [Float]?) -> FrozenWriter?

  /// The weights of a position in what a layer's attention mixes, after a bound of values: values
  /// [rows, width] as the heads read them.
  func mixedValues(_ values: Tensor, layer: Int) -> Tensor

  /// The matrices by which a layer's heads read and write the stream.
  func headMatrices(of layer: Int) -> HeadMatrices

  /// The rows of the embedding table and the weights of the outputs for some tokens, as the stream
  /// has them: the token's row with its factor, and the row of the last map with the last norm's
  /// gain in it, [tokens, width] each.
  func vocabularyRows(_ tokens: [Int]) -> (embedding: Tensor, unembedding: Tensor)
}

/// A named part of a row of the residual stream.
public struct StreamPart: Sendable {
  /// The name, such as `token embedding`.
  public let name: String
  /// The row: [width].
  public let row: [Float]

  /// A part of a row.
  public init(_ name: String, _ row: [Float]) { (self.name, self.row) = (name, row) }
}

/// A weighted sum of logits as a linear function of the last stage's row.
public struct FrozenReadout: Sendable {
  /// The factor of each element of the stream: [width].
  public let direction: [Double]
  /// The share of the last norm's bias, which belongs to no part of the stream.
  public let normBias: Double
  /// The share of the biases of the head's own maps.
  public let headBias: Double

  /// The share of a part of the stream: [width].
  public func share(of part: some Collection<Float>) -> Double { direction.dot(part) }
}

/// A linear map into the residual stream.
public struct FrozenWriter: Sendable {
  let map: LinearMap
  let norm: FrozenNorm?
  let factor: Double

  /// The factors of the map's inputs in a linear function of what is added to the stream, and the
  /// shares of the map's bias and of the bias of the norm that follows.
  ///
  /// - Parameter direction: the function's factor of each element of the stream: [width]
  public func pulled(
    _ direction: [Double]
  ) -> (direction: [Double], bias: Double, normBias: Double) {
    let scaled = factor == 1 ? direction : direction.map { factor * $0 }
    let (ofMap, normBias) = norm?.pulled(scaled) ?? (scaled, 0)
    let row = Tensor(ofMap.map(Float.init), shape: [1, ofMap.count])
    return (
      row.transposedLinear(map.weight).elements.map(Double.init),
      map.bias.map { ofMap.dot($0.elements) } ?? 0, normBias
    )
  }
}

/// A norm as a linear map, its scale that of one row.
struct FrozenNorm: Sendable {
  /// The norm's weight over the root of the row's variance or mean square: [width].
  let gain: [Double]
  let bias: [Double]?
  let centers: Bool

  init(_ norm: ListedNorm, at row: [Float]) {
    centers = norm.design.kind == .layer
    let mean = centers ? row.reduce(0) { $0 + Double($1) } / Double(row.count) : 0
    let squares = row.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    let scale = 1 / (squares / Double(row.count) + Double(norm.design.epsilon)).squareRoot()
    gain = norm.weight.elements.map { Double($0) * scale }
    bias = norm.bias.map { $0.elements.map(Double.init) }
  }

  /// The factors of the norm's input in a linear function of its output, and the bias's share.
  func pulled(_ direction: [Double]) -> (direction: [Double], bias: Double) {
    var pulled = zip(direction, gain).map(*)
    if centers {
      let mean = pulled.reduce(0, +) / Double(pulled.count)
      pulled = pulled.map { $0 - mean }
    }
    return (pulled, bias.map { zip(direction, $0).reduce(0) { $0 + $1.0 * $1.1 } } ?? 0)
  }
}

extension [Double] {
  /// Σ aᵢ bᵢ.
  func dot(_ other: some Collection<Float>) -> Double {
    zip(self, other).reduce(0) { $0 + $1.0 * Double($1.1) }
  }
}
