import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// Puts a transformer together from a checkpoint's tensors.
struct TransformerReader {
  var design: TransformerDesign
  let names: TransformerNames
  let format: WeightNames.Format
  let reader: CheckpointReader
  let prefix: String

  init(
    _ design: TransformerDesign, _ names: TransformerNames, _ format: WeightNames.Format,
    _ reader: CheckpointReader
  ) {
    (self.design, self.names, self.format, self.reader) = (design, names, format, reader)
    let table = names.roles[.embeddings] ?? ""
    prefix =
      names.prefixes.first { reader.contains($0 + table + ".weight") } ?? names.prefixes.first ?? ""
  }

  /// Tells whether the checkpoint has the map that stands before a language model's own head.
  var hasTransform: Bool { reader.contains(names.transform.map + ".weight") }

  /// The name of the embedding table, without `.weight`.
  var tableName: String { weightNames(.embeddings)[format] }

  /// All of it.
  ///
  /// - Throws: `CheckpointError` for a missing tensor, ``ModelError`` for one of another shape.
  func transformer() throws -> Transformer {
    let (d, e) = (design, design.embedding)
    let tableWidth = e.width ?? d.width
    let embeddings = try table(.embeddings, d.vocabulary, tableWidth)
    let firstWidth = e.projectsLast ? tableWidth : d.width
    let positions = try e.positions.map { try table(.positions, $0, firstWidth) }
    let types = try e.types.map { try table(.types, $0, firstWidth) }
    let embeddingNorm = try e.hasNorm ? norm(.embeddingNorm, d.norm, width: firstWidth) : nil
    let embeddingProjection =
      try e.width == nil
      ? nil
      : map(
        .map, .embeddingProjection, outputs: d.width, inputs: tableWidth, bias: e.projectsLast)
    let positionBias = try d.attention.distances.map {
      ListedPositionBias(
        table: try table(.positionBias, $0.buckets, d.heads),
        buckets: $0.places(length: d.maximumLength))
    }
    // One by one: a file that says too many ends the search before there is room for all.
    var blocks: [TransformerBlock] = []
    for layer in stride(from: 0, to: d.layers, by: d.block.uses) {
      let own = try block(layer)
      blocks += repeatElement(own, count: min(d.block.uses, d.layers - layer))
    }
    if let bias = d.attention.positionBias(length: d.maximumLength) {
      for index in blocks.indices { blocks[index].attention.rule.bias = bias }
    }
    let finalNorm = try d.head.hasNorm ? norm(.finalNorm, d.norm, width: d.width) : nil
    let headProjection =
      try e.width == nil || e.projectsLast
      ? nil
      : map(
        .map, .headProjection, outputs: tableWidth, inputs: d.width, bias: false,
        side: .measuredRows)
    let isLabeling = d.head.labels != nil
    let transform = try d.head.exists ? transform(width: isLabeling ? d.width : tableWidth) : nil
    let head =
      try d.head.exists ? head(embeddings.table, inputs: isLabeling ? d.width : tableWidth) : nil
    let relative = d.attention.relative
    let relativePositions = try relative.map {
      try table(.relativePositions, 2 * $0.span, d.width)
    }
    let relativeNorm =
      try relative?.hasNorm == true ? norm(.relativeNorm, d.norm, width: d.width) : nil
    var transformer = Transformer(
      design: d, shape: shape(outputs: head?.map.weight.rows ?? 0), embeddings: embeddings,
      positions: positions, types: types, embeddingNorm: embeddingNorm,
      embeddingProjection: embeddingProjection, blocks: blocks, finalNorm: finalNorm,
      headProjection: headProjection, transform: transform, head: head,
      positionBias: positionBias, relativePositions: relativePositions,
      relativeNorm: relativeNorm)
    transformer.sharePositions()
    return transformer
  }

  /// The step before the head's own map, which reads rows of a width.
  private func transform(width: Int) throws -> ListedTransform? {
    guard let transform = design.head.transform else { return nil }
    let own = design.head.labels == nil ? names.transform.map : names.labelTransform
    let slot = WeightSlot(.map, side: .measuredRows, names: WeightNames(folder: own))
    return ListedTransform(
      map: ListedMap(
        try reader.projection(
          own, width, design.width, bias: bias(transform.hasBias, own)), slot),
      activation: transform.activation,
      norm: try transform.norm.map {
        try norm(
          $0, width: width, WeightSlot(.norm(nil), names: WeightNames(folder: names.transform.norm))
        )
      })
  }

  private func shape(outputs: Int) -> ModelShape {
    let d = design
    var shape = ModelShape(
      name: d.name, layers: d.layers, width: d.width, vocabulary: d.vocabulary, outputs: outputs,
      isCausal: d.isCausal, maximumLength: d.maximumLength)
    if let labels = d.head.labels {
      shape.labels = labels.names ?? (0..<outputs).map { "LABEL_\($0)" }
      shape.outputKind = labels.kind ?? (outputs == 1 ? .number : .exclusive)
    }
    return shape
  }

  private func head(_ embeddings: Weight, inputs: Int) throws -> ListedMap {
    let h = design.head
    let isClassifier = h.labels != nil
    let headName = isClassifier ? names.labels : names.head
    let slot = WeightSlot(
      .map, side: .wantedOutputs,
      names: WeightNames(folder: headName, gguf: WeightRole.head.ggufName), isTied: h.isTied)
    let own = slot.names[format]
    let outputs =
      isClassifier
      ? try h.labels?.names?.count ?? reader.rows(of: own + ".weight") : design.vocabulary
    let weight = try h.isTied ? embeddings : reader.weight(own, outputs, inputs)
    let biases = isClassifier ? [] : names.headBiases
    let bias = biases.first(where: reader.contains) ?? own + ".bias"
    let hasBias = (format == .gguf ? nil : h.hasBias) ?? reader.contains(bias)
    return ListedMap(
      LinearMap(weight: weight, bias: hasBias ? try headBias(bias, weight.rows) : nil),
      slot)
  }

  /// A head's bias, which may stand as one row.
  private func headBias(_ name: String, _ outputs: Int) throws -> Tensor {
    let isRow = try outputs > 1 && reader.rows(of: name) == 1
    return try reader.tensor(name, isRow ? [1, outputs] : [outputs]).reshaped([outputs])
  }

  /// Tells whether a bias is to be read: as the design says or, in a GGUF file, as the file has it.
  func bias(_ stated: Bool?, _ name: String) -> Bool {
    (format == .gguf ? nil : stated) ?? reader.contains(name + ".bias")
  }
}

// MARK: - Blocks

extension TransformerReader {
  private func block(_ layer: Int) throws -> TransformerBlock {
    let (d, b) = (design, design.block)
    let hasAfter = b.hasNormsBehind || b.hasNormsOfStream
    let attentionNorm =
      try b.hasNormsBefore && !(b.lacksFirstNorm && layer == 0)
      ? norm(.attentionNorm, d.norm, width: d.width, layer) : nil
    let attention = try attention(layer)
    let afterAttention =
      try hasAfter ? norm(.afterAttentionNorm, d.norm, width: d.width, layer) : nil
    let mlpNorm =
      try b.hasNormsBefore && b.order != .parallelSharedNorm
      ? norm(.mlpNorm, d.norm, width: d.width, layer) : nil
    let cross = try b.crosses ? crossAttention(layer) : nil
    let mlp = try mlp(layer)
    let afterMLP = try hasAfter ? norm(.afterMLPNorm, d.norm, width: d.width, layer) : nil
    return TransformerBlock(
      design: b, attentionNorm: attentionNorm, attention: attention,
      afterAttentionNorm: afterAttention, cross: cross, mlpNorm: mlpNorm, mlp: mlp,
      afterMLPNorm: afterMLP)
  }

  private func crossAttention(_ layer: Int) throws -> CrossAttention {
    let (d, b) = (design, design.block)
    var rule = AttentionRule(headWidth: d.headWidth, causal: false)
    if let scale = d.attention.scale { rule.scale = scale }
    return CrossAttention(
      norm: try b.hasNormsBefore ? norm(.crossNorm, d.norm, width: d.width, layer) : nil,
      query: try projection(.crossQuery, layer), key: try projection(.crossKey, layer),
      value: try projection(.crossValue, layer), output: try projection(.crossOutput, layer),
      afterNorm: try b.hasNormsOfStream
        ? norm(.afterCrossNorm, d.norm, width: d.width, layer) : nil, rule: rule)
  }

  private func attention(_ layer: Int) throws -> SelfAttention {
    let (d, a, own) = (design, design.attention, design.layerAttention[layer])
    var rule = AttentionRule(headWidth: d.headWidth, causal: d.isCausal)
    if let scale = a.scale { rule.scale = scale }
    rule.scale *= own.scale
    rule.softCap = a.softCap
    if let window = own.window {
      rule.before = d.isCausal ? window - 1 : window / 2
      if !d.isCausal { rule.after = window / 2 }
    }
    func position(_ role: WeightRole, _ isRead: Bool?) throws -> ListedMap? {
      guard isRead == true, a.relative?.isShared == false else { return nil }
      return try map(.map, role, outputs: d.queryWidth, inputs: d.width, bias: true, layer)
    }
    func contents(_ name: Projection, _ makesPositions: Bool?) throws -> ListedMap {
      let listed = try projection(name, layer)
      guard makesPositions == true, a.relative?.isShared == true else { return listed }
      var slot = listed.slot
      slot.alsoMakes = "the \(name.rawValue) rows of relative positions"
      return ListedMap(listed.map, slot)
    }
    return SelfAttention(
      query: try contents(.query, a.relative?.hasQueries),
      key: try contents(.key, a.relative?.hasKeys),
      value: try projection(.value, layer), output: try projection(.output, layer),
      queryNorm: try headNorm(.queryNorm, layer, heads: d.heads),
      keyNorm: try headNorm(.keyNorm, layer, heads: d.keyHeads), rotary: own.rotary, rule: rule,
      positionKey: try position(.positionKey, a.relative?.hasKeys),
      positionQuery: try position(.positionQuery, a.relative?.hasQueries),
      clip: a.clip)
  }

  private func headNorm(_ role: WeightRole, _ layer: Int, heads: Int) throws -> HeadNorm? {
    let d = design
    guard let form = d.attention.headNorm else { return nil }
    let width = form == .shared ? d.headWidth : heads * d.headWidth
    let design = d.attention.headNormDesign ?? d.norm
    let whole =
      names.headNormsAreSeparate && format == .folder
      ? try separateNorms(role, design, layer, heads: heads)
      : try norm(
        role, design, width: width, layer, shape: form == .each ? [heads, d.headWidth] : nil)
    return HeadNorm(form, whole, headWidth: d.headWidth)
  }

  /// The norms of all heads out of a tensor for each.
  private func separateNorms(
    _ role: WeightRole, _ design: NormDesign, _ layer: Int, heads: Int
  ) throws -> ListedNorm {
    let names = weightNames(role, layer)
    let parts = try (0..<heads).map {
      try reader.tensor("\(names[format]).\($0).weight", [self.design.headWidth])
        .reshaped([1, self.design.headWidth])
    }
    return ListedNorm(
      Tensor.concatenatingRows(parts).reshaped([heads * self.design.headWidth]), bias: nil, design,
      WeightSlot(.norm(nil), layer: layer, names: names))
  }

  private func mlp(_ layer: Int) throws -> any BlockMLP {
    if let experts = design.mlp.experts, !experts.denseLayers.contains(layer) {
      return try mixture(experts, layer)
    }
    return FeedForward(
      gate: try design.mlp.isGated ? projection(.gate, layer) : nil,
      up: try projection(.up, layer), down: try projection(.down, layer),
      activation: design.mlp.activation)
  }

  private func mixture(_ experts: ExpertsDesign, _ layer: Int) throws -> MixtureOfExperts {
    let width = design.width
    let router = try map(
      .map, .router, outputs: experts.count, inputs: width, bias: false, layer, side: .outputRows)
    let share = Double(experts.chosen) / Double(experts.count)
    let all = try (0..<experts.count).map { number in
      try expert(experts.hiddenWidth, layer, share: share) { projection in
        var names = weightNames(.expert(projection), layer)
        names.folder = names.folder?.replacing("{}", with: "\(number)")
        let (outputs, _) = size(ofExpert: projection, experts.hiddenWidth)
        names.ggufPart = TensorPart(number, of: experts.count, rows: outputs)
        return names
      }
    }
    guard let sharedWidth = experts.sharedWidth else {
      return MixtureOfExperts(router: router, experts: all, shared: nil, design: experts)
    }
    let shared = try expert(sharedWidth, layer, share: 1) {
      weightNames(.sharedExpert($0), layer)
    }
    let gate = try map(
      .map, .sharedGate, outputs: 1, inputs: width, bias: false, layer, side: .outputRows)
    return MixtureOfExperts(
      router: router, experts: all, shared: (shared, gate), design: experts)
  }

  private func size(ofExpert projection: Projection, _ hidden: Int) -> (Int, Int) {
    projection == .down ? (design.width, hidden) : (hidden, design.width)
  }

  private func expert(
    _ hidden: Int, _ layer: Int, share: Double, names: (Projection) -> WeightNames
  ) throws -> FeedForward {
    func map(_ projection: Projection) throws -> ListedMap {
      let names = names(projection)
      let (outputs, inputs) = size(ofExpert: projection, hidden)
      var slot = WeightSlot(.map, layer: layer, side: .outputRows, names: names)
      slot.share = share
      return ListedMap(
        try reader.projection(
          names[format], outputs, inputs, part: names.part(format), bias: false), slot)
    }
    return FeedForward(
      gate: try map(.gate), up: try map(.up), down: try map(.down),
      activation: design.mlp.activation)
  }
}
