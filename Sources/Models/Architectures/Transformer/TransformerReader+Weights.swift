import InterchangeBasics
import InterchangeTensors

/// Single weights, by the names of their jobs.
extension TransformerReader {
  func weightNames(_ role: WeightRole, _ layer: Int? = nil) -> WeightNames {
    guard var own = names.roles[role] else {
      programmerError("\(design.name): no name for the weight \(role)")
    }
    let isShared = role == .embeddings && !names.sharedTables.isEmpty
    if isShared {
      own = names.sharedTables.first { reader.contains($0 + ".weight") } ?? names.sharedTables[0]
    } else if role == .projection(.up), !design.mlp.isGated, let plain = names.plainUp {
      own = plain
    }
    let prefixOfGGUF = role == .embeddings ? "" : names.ggufPrefix
    // Blocks with the same weights have one number in a folder.
    return WeightNames(
      folder: (isShared ? "" : prefix)
        + (layer.map { "\(names.layers)\($0 / design.block.uses)." } ?? "") + own,
      gguf: (names.ggufRoles[role] ?? role.ggufName).map {
        prefixOfGGUF + (layer.map { "blk.\($0)." } ?? "") + $0
      })
  }

  /// The place of a weight, of all blocks that have it.
  private func slot(
    _ kind: WeightSlot.Kind, _ layer: Int?, _ names: WeightNames, side: WeightSlot.Side = .none
  ) -> WeightSlot {
    var slot = WeightSlot(kind, layer: layer, side: side, names: names)
    if let layer { slot.uses = min(design.block.uses, design.layers - layer) }
    return slot
  }

  func table(_ role: WeightRole, _ rows: Int, _ width: Int) throws -> ListedTable {
    let names = weightNames(role)
    return ListedTable(
      try reader.weight(names[format], rows, width), WeightSlot(.table, names: names))
  }

  func norm(
    _ role: WeightRole, _ norm: NormDesign, width: Int, _ layer: Int? = nil, shape: [Int]? = nil
  ) throws -> ListedNorm {
    let slot = self.slot(
      .norm(role.normedComponent(design)), layer,
      norm.hasWeight ? weightNames(role, layer) : WeightNames())
    return try self.norm(norm, width: width, slot, shape: shape)
  }

  func norm(
    _ norm: NormDesign, width: Int, _ slot: WeightSlot, shape: [Int]? = nil
  ) throws -> ListedNorm {
    guard norm.hasWeight else {
      return ListedNorm(Tensor(repeating: 1, shape: [width]), bias: nil, norm, slot)
    }
    let own = slot.names[format]
    var weight = try reader.tensor(own + ".weight", shape ?? [width]).reshaped([width])
    if norm.offset != 0, format == .folder {
      weight = (weight + Tensor(repeating: norm.offset, shape: [width])).detached
    }
    let bias =
      norm.hasBias ? try reader.tensor(own + ".bias", shape ?? [width]).reshaped([width]) : nil
    return ListedNorm(weight, bias: bias, norm, slot)
  }

  func map(
    _ kind: WeightSlot.Kind, _ role: WeightRole, outputs: Int, inputs: Int, bias stated: Bool?,
    _ layer: Int? = nil, side: WeightSlot.Side = .none
  ) throws -> ListedMap {
    let names = weightNames(role, layer)
    let own = names[format]
    return ListedMap(
      try reader.projection(own, outputs, inputs, bias: bias(stated, own)),
      slot(kind, layer, names, side: side))
  }

  private func size(of projection: Projection) -> (outputs: Int, inputs: Int) {
    let d = design
    return switch projection {
    case .query, .crossQuery: (d.queryWidth, d.width)
    case .key, .value, .crossKey, .crossValue: (d.keyWidth, d.width)
    case .output, .crossOutput: (d.width, d.queryWidth)
    case .gate, .up: (d.hiddenWidth, d.width)
    case .down: (d.width, d.hiddenWidth)
    }
  }

  private func hasBias(_ projection: Projection) -> Bool? {
    switch projection {
    case .query, .key, .value, .crossQuery, .crossKey, .crossValue: design.attention.hasBias
    case .output, .crossOutput: design.attention.hasOutputBias
    case .gate, .up, .down: design.mlp.hasBias
    }
  }

  func projection(_ projection: Projection, _ layer: Int) throws -> ListedMap {
    let (outputs, inputs) = size(of: projection)
    let names = placed(projection, layer)
    var slot = WeightSlot(projection, layer: layer, names: names)
    slot.uses = min(design.block.uses, design.layers - layer)
    return ListedMap(
      try reader.projection(
        names[format], outputs, inputs, part: names.part(format),
        bias: bias(hasBias(projection), names[format])), slot)
  }

  /// The names of a projection with the part of the tensor that it is.
  private func placed(_ projection: Projection, _ layer: Int) -> WeightNames {
    var names = weightNames(.projection(projection), layer)
    if let fused = self.names.fused.first(where: { $0.projections.contains(projection) }) {
      names.folder = prefix + "\(self.names.layers)\(layer / design.block.uses)." + fused.name
      names.folderPart = part(projection, of: fused.projections, fused.order)
    }
    if self.names.isTransposed {
      names.folderPart = names.folderPart ?? TensorPart()
      names.folderPart?.isTransposed = true
    }
    placeInGGUF(projection, layer, &names)
    return names
  }

  /// GGUF files have queries, keys and values, or a gate with what it is multiplied with, one after
  /// another in a tensor where they have none of their own.
  private func placeInGGUF(_ projection: Projection, _ layer: Int, _ names: inout WeightNames) {
    func isMissing(_ name: String) -> Bool {
      !reader.contains("\(self.names.ggufPrefix)blk.\(layer).\(name).weight")
    }
    if names.gguf != nil, format == .gguf {
      if [.query, .key, .value].contains(projection), isMissing("attn_q"), !isMissing("attn_qkv") {
        names.gguf = "blk.\(layer).attn_qkv"
        names.ggufPart = part(projection, of: [.query, .key, .value], .consecutive)
      } else if [.gate, .up].contains(projection), design.mlp.isGated, isMissing("ffn_gate") {
        names.gguf = "blk.\(layer).ffn_up"
        names.ggufPart = part(projection, of: [.gate, .up], .consecutive)
      }
    }
    guard self.names.interleavesInGGUF, [.query, .key].contains(projection) else { return }
    names.ggufPart = TensorPart(
      rows: TensorPart.halvesOrder(
        heads: projection == .query ? design.heads : design.keyHeads, headWidth: design.headWidth),
      of: size(of: projection).outputs)
  }

  private func part(
    _ projection: Projection, of all: [Projection], _ order: TransformerNames.Fused.Order
  ) -> TensorPart {
    let sizes = all.map { size(of: $0).outputs }
    let index = all.firstIndex(of: projection)!
    switch order {
    case .consecutive:
      let start = sizes[..<index].reduce(0, +)
      return TensorPart(rows: Array(start..<start + sizes[index]), of: sizes.reduce(0, +))
    case .byKeyHead:
      let (width, group) = (design.headWidth, design.heads / design.keyHeads)
      let first = projection == .query ? 0 : projection == .key ? group : group + 1
      let count = projection == .query ? group : 1
      let rows = (0..<design.keyHeads).flatMap { head in
        let start = (head * (group + 2) + first) * width
        return start..<start + count * width
      }
      return TensorPart(rows: rows, of: sizes.reduce(0, +))
    }
  }
}

extension WeightRole {
  /// The component that a norm makes, where it is one of a block's.
  fileprivate func normedComponent(_ design: TransformerDesign) -> Component? {
    let block = design.block
    return switch self {
    case .attentionNorm: .attentionInput
    case .mlpNorm: .mlpInput
    case .afterAttentionNorm: block.hasNormsOfStream ? .residualMiddle : .attentionOutput
    case .crossNorm: .crossAttentionInput
    case .afterCrossNorm: .residualMiddleCross
    case .afterMLPNorm: block.hasNormsOfStream ? .blockOutput : .mlpOutput
    case .embeddingNorm: design.embedding.projectsLast ? nil : .blockInput
    default: nil
    }
  }
}
