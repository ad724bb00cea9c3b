import InterchangeTensors

extension WeightSlot {
  /// The number of its own trainable numbers: of a tied one those of its bias.
  public var count: Int {
    switch value {
    case .map(let map): (isTied ? 0 : map.weight.count) + (map.bias?.count ?? 0)
    case .table(let table): table.count
    case .tensor(let table): table.count
    case .norm(let weight, let bias): weight.count + (bias?.count ?? 0)
    }
  }

  /// The bytes of its own numbers as they are held.
  public var byteCount: Int {
    switch value {
    case .map(let map): (isTied ? 0 : map.weight.byteCount) + 4 * (map.bias?.count ?? 0)
    case .table(let table): table.byteCount
    case .tensor, .norm: 4 * count
    }
  }

  /// The linear map, when it is one.
  public var map: LinearMap? {
    if case .map(let map) = value { map } else { nil }
  }

  /// The bias of a map or a norm that has one.
  public var bias: Tensor? {
    switch value {
    case .map(let map): map.bias
    case .norm(_, let bias): bias
    case .table, .tensor: nil
    }
  }
}

extension Architecture {
  /// The weights that it lists; none without a ``WeightInventory``.
  public var listedWeights: [WeightSlot] { (self as? any WeightInventory)?.weights ?? [] }

  /// The number of trainable numbers in all weights; 0 for an architecture that doesn't list them.
  public var parameterCount: Int { listedWeights.reduce(0) { $0 + $1.count } }

  /// The bytes of all weights as they are held; 0 for an architecture that doesn't list them.
  public var weightBytes: Int { listedWeights.reduce(0) { $0 + $1.byteCount } }

  /// The number of numbers that a block keeps of each row for its backward pass: its norms' inputs,
  /// what each projection makes that doesn't add to the residual stream, and what other maps make,
  /// before and after a non-linearity.
  public var recordedWidth: Int {
    listedWeights.filter { $0.layer == 0 }.reduce(0) { sum, slot in
      switch slot.kind {
      case .projection(.output), .projection(.down), .projection(.crossOutput), .table: sum
      case .projection: sum + (slot.map?.weight.rows ?? 0)
      case .map: sum + 2 * (slot.map?.weight.rows ?? 0)
      case .norm: sum + width
      }
    }
  }

  /// Tells whether a projection of its blocks has a bias.
  public func hasBias(_ projection: Projection) -> Bool {
    listedWeights.contains { $0.kind == .projection(projection) && $0.bias != nil }
  }

  /// The components that the norms with a bias make in a layer, and, with the first one, before it.
  public func biasedNorms(_ layer: Int) -> [Component] {
    listedWeights.compactMap { slot in
      guard case .norm(let component?) = slot.kind, slot.bias != nil else { return nil }
      let isBefore = slot.layer == nil && component == .blockInput && layer == 0
      return slot.isIn(layer) || isBefore ? component : nil
    }
  }

  /// A projection's weight [outputs, inputs], widened; nil when its blocks have no such projection,
  /// or the weights aren't listed. The layer has to exist.
  public func weight(of projection: Projection, layer: Int) -> Tensor? {
    slot(of: projection, layer: layer)?.map?.weight.floats()
  }

  /// The name of a projection in a folder's checkpoint, without `.weight` and without what may
  /// stand before it; nil when there is no such form.
  public func tensorName(of projection: Projection, layer: Int) -> String? {
    slot(of: projection, layer: layer)?.names.folder
  }

  /// The part of that tensor that is the projection's; nil for all of it, as it stands.
  public func tensorPart(of projection: Projection, layer: Int) -> TensorPart? {
    slot(of: projection, layer: layer)?.names.folderPart
  }

  /// Other rows that the projection's weight makes, in a word; nil: none.
  public func otherRows(of projection: Projection, layer: Int) -> String? {
    slot(of: projection, layer: layer)?.alsoMakes
  }

  private func slot(of projection: Projection, layer: Int) -> WeightSlot? {
    listedWeights.first { $0.kind == .projection(projection) && $0.isIn(layer) }
  }
}

extension Architecture {
  /// The cost of a block.
  ///
  /// - Parameters:
  ///   - keyRows: the rows that come in
  ///   - outputRows: those whose output is needed
  ///   - pairs: how many positions the output rows attend to, in all
  public func blockCost(_ layer: Int, keyRows: Int, outputRows: Int, pairs: Int) -> RunCost {
    blockCost(
      listedWeights.filter { $0.isIn(layer) }, keyRows: keyRows, outputRows: outputRows,
      pairs: pairs)
  }

  /// The cost of a block with these weights.
  func blockCost(
    _ weights: [WeightSlot], keyRows: Int, outputRows: Int, pairs: Int, sourceRows: Int = 0,
    sourcePairs: Int = 0
  ) -> RunCost {
    // A product of queries and keys and one of weights and values, for each number of the heads.
    let mixed = dimensions(of: .attentionValueOutput)?.width ?? 0
    let crossed = dimensions(of: .crossAttentionValueOutput)?.width ?? 0
    var cost = RunCost(
      rows: outputRows,
      operations: 4 * Double(mixed) * Double(pairs) + 4 * Double(crossed) * Double(sourcePairs),
      weightBytes: 0)
    for slot in weights {
      guard let weight = slot.map?.weight else { continue }
      let rows =
        switch slot.side {
        case .keyRows: keyRows
        case .sourceRows: sourceRows
        default: outputRows
        }
      if rows > 0 { cost = cost + weight.cost(rows: rows, share: slot.share) }
    }
    return cost
  }

  /// The cost of the output for rows of the last stage and a number of wanted outputs.
  public func outputCost(rows: Int, outputs: Int) -> RunCost {
    outputCost(listedWeights, rows: rows, outputs: outputs)
  }

  /// The cost of the output with these weights, those of blocks among them or not.
  func outputCost(_ weights: [WeightSlot], rows: Int, outputs: Int) -> RunCost {
    let share = Double(outputs) / Double(self.outputs)
    return weights.reduce(RunCost()) { cost, slot in
      guard slot.layer == nil, let weight = slot.map?.weight else { return cost }
      switch slot.side {
      case .measuredRows: return cost + weight.cost(rows: rows)
      case .wantedOutputs: return cost + weight.cost(rows: rows, share: share)
      case .keyRows, .outputRows, .sourceRows, .none: return cost
      }
    }
  }
}

extension Weight {
  /// The cost of a product with so many rows, by a share of the outputs.
  fileprivate func cost(rows: Int, share: Double = 1) -> RunCost {
    RunCost(
      rows: 0, operations: 2 * Double(count) * Double(rows) * share,
      weightBytes: Double(byteCount) * share)
  }
}
