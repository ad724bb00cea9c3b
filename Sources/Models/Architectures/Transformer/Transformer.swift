import InterchangeBasics
import InterchangeTensors

/// A transformer (arXiv 1706.03762) as its ``TransformerDesign`` says: most decoders, and encoders.
///
/// Every component is announced where the design has it: a block whose attention and MLP are
/// parallel has no `resid_mid`, a plain MLP no `gate_output`; `attention_projection` and
/// `mlp_projection` are there where a norm or a factor stands between a projection and the stream.
public struct Transformer: Architecture {
  /// The sizes and the pieces that it is made of.
  public internal(set) var design: TransformerDesign
  public internal(set) var shape: ModelShape
  var embeddings: ListedTable  // [vocabulary, embedding width]
  var positions: ListedTable?  // [positions, width]
  var types: ListedTable?  // [types, width]
  var embeddingNorm: ListedNorm?
  var embeddingProjection: ListedMap?
  var blocks: [TransformerBlock]
  var finalNorm: ListedNorm?
  var headProjection: ListedMap?
  var transform: ListedTransform?
  var head: ListedMap?
  var positionBias: ListedPositionBias?
  var relativePositions: ListedTable?
  var relativeNorm: ListedNorm?
  /// Tells whether the embedding table is another stack's, which lists it.
  var borrowsEmbeddings = false
  /// The id of the mask, at which a masked-language model's output is read.
  var maskToken: Int?

  public func outputPosition(of input: ModelInput) -> Int {
    switch design.head.place {
    case .last: input.length - 1
    case .first, .mean: 0
    case .mask: maskToken.flatMap { input.tokenIDs?.firstIndex(of: $0) } ?? input.length - 1
    }
  }

  public func dimensions(of component: Component) -> ComponentDimensions? {
    let d = design
    switch component {
    case .attentionValueOutput, .queryOutput, .positionedQueryOutput:
      return ComponentDimensions(width: d.queryWidth, heads: d.heads)
    case .keyOutput, .positionedKeyOutput, .valueOutput:
      return ComponentDimensions(width: d.keyWidth, heads: d.keyHeads)
    case .crossAttentionValueOutput, .crossQueryOutput, .crossKeyOutput, .crossValueOutput,
      .crossAttentionScores, .crossAttentionWeight, .crossHeadOutput, .crossAttentionInput,
      .crossAttentionOutput, .encoderOutput, .residualMiddleCross:
      return blocks.lazy.compactMap { $0.cross?.dimensions(of: component) }.first
    case .attentionScores, .attentionWeight:
      return ComponentDimensions(width: d.heads, heads: d.heads, isPerPosition: true)
    case .headOutput: return ComponentDimensions(width: d.heads * d.width, heads: d.heads)
    case .embeddingOutput:
      return ComponentDimensions(
        width: d.embedding.projectsLast ? embeddings.table.width : d.width)
    case .attentionNormScale:
      return blocks.contains { $0.attentionNorm != nil } ? ComponentDimensions(width: 1) : nil
    case .mlpNormScale:
      return blocks.contains { $0.mlpNorm != nil } ? ComponentDimensions(width: 1) : nil
    // Those of a pooled row are of no position.
    case .finalNormScale, .finalNormOutput, .logits:
      return poolsPositions ? nil : headDimensions(of: component)
    case .residualMiddle where d.block.order != .sequential: return nil
    case .attentionProjection where !d.block.changesAdditions: return nil
    case .mlpProjection where !d.block.changesAdditions: return nil
    case .blockInput, .blockOutput, .attentionInput, .attentionProjection, .attentionOutput,
      .residualMiddle, .mlpInput, .mlpProjection, .mlpOutput:
      return ComponentDimensions(width: d.width)
    case .gateOutput, .upOutput, .mlpActivation, .mlpHidden, .routerLogits, .expertOutput:
      return blocks.lazy.compactMap { $0.mlp.dimensions(of: component) }.first
    }
  }

  public func dimensions(of component: Component, layer: Int) -> ComponentDimensions? {
    switch component {
    case .gateOutput, .upOutput, .mlpActivation, .mlpHidden, .routerLogits, .expertOutput:
      blocks[layer].mlp.dimensions(of: component)
    case .attentionNormScale where blocks[layer].attentionNorm == nil: nil
    case .mlpNormScale where blocks[layer].mlpNorm == nil: nil
    default: component.isPossible(in: layer, of: layers) ? dimensions(of: component) : nil
    }
  }

  private func headDimensions(of component: Component) -> ComponentDimensions? {
    if component == .logits { return outputs > 0 ? ComponentDimensions(width: outputs) : nil }
    guard finalNorm != nil else { return nil }
    return ComponentDimensions(width: component == .finalNormScale ? 1 : width)
  }

  public func embed(_ inputs: [ModelInput], positions: [[Int]]) throws -> Tensor {
    try embed(inputs, positions: positions, .nobody)
  }

  public func embed(
    _ inputs: [ModelInput], positions: [[Int]], _ context: OuterContext
  ) throws -> Tensor {
    var rows = context.visit(
      .embeddingOutput, try tokenVectors(inputs, positions: positions))
    if let table = self.positions {
      let places = positions.flatMap { $0.map { $0 + design.embedding.firstPosition } }
      rows = rows + table.table.floats(places)
    }
    if let types {
      rows =
        rows
        + types.table.floats(
          try typeIDs(inputs, positions: positions, count: types.table.rows))
    }
    rows = embeddingNorm?(rows) ?? rows
    guard let embeddingProjection, design.embedding.projectsLast else { return rows }
    return embeddingProjection(rows)
  }

  public func block(_ index: Int, _ residual: Tensor, _ context: BlockContext) -> Tensor {
    blocks[index](residual, context)
  }

  public func window(of layer: Int) -> AttentionWindow? {
    let rule = blocks[layer].attention.rule
    return rule.before.map {
      AttentionWindow(before: $0, after: rule.after ?? design.maximumLength)
    }
  }

  public var poolsPositions: Bool { design.head.place == .mean }

  public func pooled(_ residual: Tensor, lengths: [Int]) -> Tensor {
    var shares: [Float] = []
    for (index, length) in lengths.enumerated() {
      for (other, count) in lengths.enumerated() {
        shares += repeatElement(other == index ? 1 / Float(length) : 0, count: count)
      }
    }
    let means = Tensor(shares, shape: [lengths.count, lengths.reduce(0, +)])
    let normed = finalNorm?(residual) ?? residual
    return normed.transposed().linear(means).transposed()
  }

  public func encoded(_ residual: Tensor) -> Tensor { finalNorm?(residual) ?? residual }

  /// The rows that the head reads: after the last norm and projection.
  private func last(_ residual: Tensor, _ context: OuterContext = .nobody) -> Tensor {
    let normed = poolsPositions ? residual : finalNormed(residual, context)
    var projected = headProjection?(normed) ?? normed
    if let transform { projected = transform(projected) }
    return design.head.scale == 1 ? projected : design.head.scale * projected
  }

  private func finalNormed(_ residual: Tensor, _ context: OuterContext) -> Tensor {
    guard let finalNorm else { return residual }
    return context.visit(
      .finalNormOutput, finalNorm(residual, scales: context.announcer(of: .finalNormScale)))
  }

  private var ownHead: LinearMap {
    guard let head else { programmerError("logits: this \(name) model has no head") }
    return head.map
  }

  public func logits(_ residual: Tensor, outputs: [Int]?) -> Tensor {
    logits(residual, outputs: outputs, .nobody)
  }

  public func logits(_ residual: Tensor, outputs: [Int]?, _ context: OuterContext) -> Tensor {
    let last = last(residual, context)
    guard context.needsOutputs else { return .zeros([last.rows, 0]) }
    let logits = (outputs.map(ownHead.selecting) ?? ownHead)(last)
    return design.head.softCap.map(logits.softCapped(at:)) ?? logits
  }

  public func crossEntropy(_ residual: Tensor, targets: [Int]) -> Tensor {
    ownHead.bias == nil && design.head.softCap == nil
      ? last(residual).linearCrossEntropy(ownHead.weight, targets: targets)
      : logits(residual, outputs: nil).crossEntropy(targets)
  }
}

extension Transformer: WeightInventory {
  public func mapWeights(
    _ change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Transformer {
    var copy = self
    if !borrowsEmbeddings { copy.embeddings = try embeddings.mapped(by: change) }
    copy.positions = try positions?.mapped(by: change)
    copy.types = try types?.mapped(by: change)
    copy.embeddingNorm = try embeddingNorm?.mapped(by: change)
    copy.embeddingProjection = try embeddingProjection?.mapped(by: change)
    copy.positionBias = try positionBias?.mapped(by: change)
    copy.relativePositions = try relativePositions?.mapped(by: change)
    copy.relativeNorm = try relativeNorm?.mapped(by: change)
    // Blocks with the same weights are one in the list.
    let uses = design.block.uses
    let own = try stride(from: 0, to: blocks.count, by: uses).map {
      try blocks[$0].mapped(by: change)
    }
    for index in blocks.indices { copy.blocks[index] = own[index / uses] }
    copy.sharePositions()
    copy.finalNorm = try finalNorm?.mapped(by: change)
    copy.headProjection = try headProjection?.mapped(by: change)
    copy.transform = try transform?.mapped(by: change)
    guard var last = head else { return copy }
    if last.slot.isTied { last.map = LinearMap(weight: copy.embeddings.table, bias: last.map.bias) }
    copy.head = try last.mapped(by: change)
    return copy
  }

  /// Hands what distances and relative positions add to scores over to the blocks' attention.
  mutating func sharePositions() {
    if let bias = positionBias?.bias {
      for index in blocks.indices { blocks[index].attention.rule.bias = bias }
    }
    guard let relative = design.attention.relative, let relativePositions else { return }
    // Made when a run needs them: weights are listed far more often.
    let positions = OnFirstUse { [relativeNorm] in
      let table = relativePositions.table.floats()
      return relativeNorm?(table) ?? table
    }
    let places = relative.places(length: design.maximumLength)
    for index in blocks.indices {
      let attention = blocks[index].attention
      let key = attention.positionKey ?? attention.key
      let query = attention.positionQuery ?? attention.query
      blocks[index].attention.relative = RelativeScores(
        keys: relative.hasKeys ? OnFirstUse { key(positions.value).detached } : nil,
        queries: relative.hasQueries ? OnFirstUse { query(positions.value).detached } : nil,
        places: places,
        headWidth: design.headWidth)
    }
  }
}
