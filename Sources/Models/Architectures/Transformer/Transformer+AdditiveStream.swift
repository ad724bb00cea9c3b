import InterchangeBasics
import InterchangeTensors

extension Transformer: AdditiveStream {
  public var attributionFault: String? {
    if design.block.hasNormsOfStream {
      return "its stream is normed after every addition, so that the additions aren't summed"
    }
    if blocks.contains(where: { $0.cross != nil }) {
      return "it is one stack of an encoder-decoder"
    }
    if head == nil { return "it has no head, so no outputs" }
    if transform != nil { return "a non-linear step stands between its stream and its outputs" }
    if poolsPositions { return "its outputs are made of the rows of all positions" }
    return nil
  }

  public func embeddingParts(of input: ModelInput, at position: Int) throws -> [StreamPart] {
    let whole = try embed([input], positions: [[position]])
    guard embeddingNorm == nil, !design.embedding.projectsLast else {
      return [StreamPart("embedding", whole.elements)]
    }
    var parts: [StreamPart] = []
    if let positions {
      let place = position + design.embedding.firstPosition
      parts.append(StreamPart("position embedding", positions.table.floats([place]).elements))
    }
    if let types {
      let ids = try typeIDs([input], positions: [[position]], count: types.table.rows)
      parts.append(StreamPart("type embedding", types.table.floats(ids).elements))
    }
    // What is left of the whole, so that the parts sum to it as it was rounded.
    let token = parts.reduce(whole.elements) { zip($0, $1.row).map(-) }
    return [StreamPart("token embedding", token)] + parts
  }

  public func unboundedLogits(_ residual: Tensor, outputs: [Int]) -> Tensor {
    var copy = self
    copy.design.head.softCap = nil
    return copy.logits(residual, outputs: outputs)
  }

  public func readout(
    at row: [Float], of outputs: [(output: Int, factor: Float)]
  ) -> FrozenReadout {
    guard let head else { programmerError("readout: this \(name) model has no head") }
    let scale = Double(design.head.scale)
    let rows = head.map.weight.floats(outputs.map(\.output))
    var direction = [Double](repeating: 0, count: rows.width)
    for (index, output) in outputs.enumerated() {
      for column in direction.indices {
        direction[column] += Double(output.factor) * scale * Double(rows[index, column])
      }
    }
    var headBias = 0.0
    if let bias = head.map.bias?.elements {
      for output in outputs { headBias += Double(output.factor) * Double(bias[output.output]) }
    }
    if let projection = headProjection?.map {
      headBias += projection.bias.map { direction.dot($0.elements) } ?? 0
      let projected = Tensor(direction.map(Float.init), shape: [1, direction.count])
      direction = projected.transposedLinear(projection.weight).elements.map(Double.init)
    }
    guard let finalNorm else {
      return FrozenReadout(direction: direction, normBias: 0, headBias: headBias)
    }
    let (pulled, normBias) = FrozenNorm(finalNorm, at: row).pulled(direction)
    return FrozenReadout(direction: pulled, normBias: normBias, headBias: headBias)
  }

  public func attentionWriter(of layer: Int, at projected: [Float]?) -> FrozenWriter {
    writer(blocks[layer].attention.output, blocks[layer].afterAttentionNorm, projected)
  }

  public func mlpWriter(of layer: Int, at projected: [Float]?) -> FrozenWriter? {
    (blocks[layer].mlp as? FeedForward).map {
      writer($0.down, blocks[layer].afterMLPNorm, projected)
    }
  }

  private func writer(
    _ map: ListedMap, _ norm: ListedNorm?, _ projected: [Float]?
  ) -> FrozenWriter {
    let behind = design.block.hasNormsBehind ? norm : nil
    guard let behind else {
      return FrozenWriter(
        map: map.map, norm: nil, factor: Double(design.block.residualScale))
    }
    guard let projected else {
      programmerError("writer: a norm follows the projection, and no row of it was given")
    }
    return FrozenWriter(
      map: map.map, norm: FrozenNorm(behind, at: projected),
      factor: Double(design.block.residualScale))
  }

  public func mixedValues(_ values: Tensor, layer: Int) -> Tensor {
    blocks[layer].attention.clip.map(values.clipped(to:)) ?? values
  }

  public func headMatrices(of layer: Int) -> HeadMatrices {
    let (block, attention) = (blocks[layer], blocks[layer].attention)
    let before = block.attentionNorm
    var output = attention.output.map.weight.floats()
    if design.block.hasNormsBehind, let norm = block.afterAttentionNorm {
      // A gain of the outputs: of each row.
      output = output.scalingRows(by: norm.weight)
    }
    // A layer norm reads no mean, so that nothing reads what is written into it.
    if design.norm.kind == .layer { output = output.transposed().centered.transposed() }
    return HeadMatrices(
      heads: design.heads, keyHeads: design.keyHeads, headWidth: design.headWidth,
      query: read(attention.query, before, attention.queryNorm),
      key: read(attention.key, before, attention.keyNorm),
      value: read(attention.value, before, nil), output: output)
  }

  /// The matrix of queries, keys or values [outputs, width] between the norm of the stream and that
  /// of heads.
  private func read(_ map: ListedMap, _ before: ListedNorm?, _ after: HeadNorm?) -> Tensor {
    let matrix = map.map.weight.floats().folding(before)
    guard let after else { return matrix }
    let gains = after.norm.weight.elements
    let all = (0..<matrix.rows).map { gains[$0 % gains.count] }
    return matrix.scalingRows(by: Tensor(all))
  }

  public func vocabularyRows(_ tokens: [Int]) -> (embedding: Tensor, unembedding: Tensor) {
    guard let head else { programmerError("vocabularyRows: this \(name) model has no head") }
    var embedding = embeddings.table.floats(tokens)
    if design.embedding.scale != 1 { embedding = design.embedding.scale * embedding }
    if let embeddingProjection { embedding = embeddingProjection.map(embedding) }
    var unembedding = head.map.weight.floats(tokens)
    if let headProjection { unembedding = unembedding.transposedLinear(headProjection.map.weight) }
    return (embedding, unembedding.folding(finalNorm))
  }
}
