import InterchangeTensors

/// An MLP made of several, of which a router chooses some for each row.
struct MixtureOfExperts: BlockMLP {
  var router: ListedMap
  var experts: [FeedForward]
  /// The MLP that every row is sent to, and the gate of what it makes.
  var shared: (mlp: FeedForward, gate: ListedMap)?
  let design: ExpertsDesign

  func callAsFunction(_ input: Tensor, _ context: BlockContext) -> Tensor {
    let scores = context.visit(.routerLogits, router(input))
    let routed = scores.routed(to: design.chosen, isNormalized: design.isNormalized)
    let mixed = mix(input, routed.weights, routed.experts, context)
    guard let shared else { return mixed }
    let gate = shared.gate(input).activated(.sigmoid).reshaped([input.rows])
    return mixed + shared.mlp(input).scalingRows(by: gate)
  }

  /// The sum of what each row's experts make of it.
  private func mix(
    _ input: Tensor, _ weights: Tensor, _ chosen: [[Int]], _ context: BlockContext
  ) -> Tensor {
    guard !chosen.isEmpty else { return .zeros([0, input.width]) }
    // Rows are sorted by their experts, so that each expert computes its own at once.
    var places = Array(repeating: [(row: Int, choice: Int)](), count: experts.count)
    for (row, experts) in chosen.enumerated() {
      for (choice, expert) in experts.enumerated() { places[expert].append((row, choice)) }
    }
    let flat = weights.reshaped([weights.count, 1])
    let parts: [(expert: Int, rows: [Int], made: Tensor)] = experts.indices.compactMap { expert in
      let own = places[expert]
      guard !own.isEmpty else { return nil }
      let factors = flat.gatherRows(own.map { $0.row * design.chosen + $0.choice })
      let made = experts[expert](input.gatherRows(own.map(\.row)))
        .scalingRows(by: factors.reshaped([own.count]))
      return (expert, own.map(\.row), made)
    }
    if context.isVisited(.expertOutput) { return separately(parts, input, context) }
    var order = Array(repeating: [Int](), count: input.rows)
    var start = 0
    for part in parts {
      for (offset, row) in part.rows.enumerated() { order[row].append(start + offset) }
      start += part.rows.count
    }
    let all = Tensor.concatenatingRows(parts.map(\.made))
    return (1..<design.chosen).reduce(all.gatherRows(order.map { $0[0] })) { sum, choice in
      sum + all.gatherRows(order.map { $0[choice] })
    }
  }

  /// The sum by way of a vector in which every expert has a place of its own.
  private func separately(
    _ parts: [(expert: Int, rows: [Int], made: Tensor)], _ input: Tensor, _ context: BlockContext
  ) -> Tensor {
    let width = input.width
    var whole = Tensor.zeros([input.rows, experts.count * width])
    for part in parts {
      let rows = Tensor.zeros([input.rows, width]).replacingRows(part.rows, with: part.made)
      whole = whole.replacingColumns(part.expert * width..<(part.expert + 1) * width, with: rows)
    }
    whole = context.visit(.expertOutput, whole)
    return (1..<experts.count).reduce(whole.columns(0..<width)) { sum, expert in
      sum + whole.columns(expert * width..<(expert + 1) * width)
    }
  }

  func dimensions(of component: Component) -> ComponentDimensions? {
    switch component {
    case .routerLogits: ComponentDimensions(width: experts.count)
    case .expertOutput:
      ComponentDimensions(width: experts.count * router.map.weight.width, heads: experts.count)
    default: nil
    }
  }

  func mapped(by change: (WeightSlot) throws -> WeightSlot.Value) rethrows -> MixtureOfExperts {
    var copy = self
    copy.router = try router.mapped(by: change)
    copy.experts = try experts.map { try $0.mapped(by: change) }
    if let shared {
      copy.shared = (
        try shared.mlp.mapped(by: change), try shared.gate.mapped(by: change)
      )
    }
    return copy
  }
}
