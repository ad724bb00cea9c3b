import InterchangeAlignment
import InterchangeModels
import InterchangeTokenizers

extension TaskExamples {
  /// The examples whose bases have the most frequent length, so that positions mean the same in
  /// all.
  public var ofOneLength: [AlignmentExample] {
    let lengths = Dictionary(grouping: examples, by: \.base.length)
    let common = lengths.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
    return common?.value ?? []
  }
}

extension LanguageModel {
  /// A label for each position of examples of one length: the part of the template that it belongs
  /// to, or the token where all examples have the same.
  public func positionLabels(_ examples: [AlignmentExample]) -> [String] {
    guard let first = examples.first else { return [] }
    return (0..<first.base.length).map { position in
      let spans = first.baseSpans.filter { name, range in
        range.contains(position)
          && examples.allSatisfy { $0.baseSpans[name]?.contains(position) ?? false }
      }
      let tokens = Set(examples.map { token(of: $0.base, at: position) })
      if tokens.count == 1, let token = tokens.first { return label(of: token) }
      return spans.keys.min().map { "‹\($0)›" } ?? label(of: token(of: first.base, at: position))
        + " …"
    }
  }

  private func token(of input: ModelInput, at position: Int) -> Int {
    input.tokenIDs?[position] ?? 0
  }

  /// Sweeps full-vector interchange over all layers and positions of a task's examples; where texts
  /// differ in length, over the ends of their named parts and the last positions.
  ///
  /// - Parameter limit: how many pairs at most
  /// - Throws: `AlignmentError` or `ModelError`.
  public func sweep(
    _ data: TaskExamples, component: Component = .blockOutput, head: Int? = nil,
    layers: [Int]? = nil, limit: Int = 64,
    store: ActivationStore = ActivationStore(),
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> SweepRun {
    let columns = SweepColumns(data)
    let examples = Array(columns.examples.prefix(limit))
    let sweep = InterchangeSweep(
      component: component, head: head, layers: layers ?? Array(0..<network.architecture.layers),
      positions: columns.positions)
    return SweepRun(
      task: data.task, variable: data.variable, check: data.check,
      positionLabels: columns.labels.isEmpty ? positionLabels(examples) : columns.labels,
      result: try sweep.run(network, on: examples, store: store, progress: progress))
  }
}
