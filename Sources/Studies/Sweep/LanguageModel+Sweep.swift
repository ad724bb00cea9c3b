import InterchangeAlignment
import InterchangeBasics
import InterchangeModels
import InterchangeTokenizers

extension TaskExamples {
  /// The examples whose bases have the most frequent length, so that positions mean the same in
  /// all.
  public var ofOneLength: [AlignmentExample] {
    let lengths = Dictionary(grouping: examples, by: \.base.text.length)
    let common = lengths.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
    return common?.value ?? []
  }
}

extension LanguageModel {
  /// A label for each position of examples of one length: the part of the template that it belongs
  /// to, or the token where all examples have the same.
  ///
  /// - Parameter isOfTarget: whether the positions are the target's, in which an encoder-decoder
  ///   has no parts of a template
  public func positionLabels(
    _ examples: [AlignmentExample], isOfTarget: Bool = false
  ) -> [String] {
    guard let first = examples.first else { return [] }
    if isOfTarget { return (first.base.tokenIDs ?? []).map(label) }
    return (0..<first.base.text.length).map { position in
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
    input.text.tokenIDs?[position] ?? 0
  }

  /// Sweeps an intervention, the whole vector's interchange by default, over all layers and
  /// positions of a task's examples; where texts differ in length, over the ends of their named
  /// parts and the last positions.
  ///
  /// - Parameters:
  ///   - layers: all when nil; of an encoder-decoder those of the encoder. Its two stacks have
  ///     other positions, and each is swept by itself
  ///   - window: the number of adjacent layers that are changed together, about each of them
  ///   - positions: all when nil
  ///   - metrics: what is drawn; the accuracy is always measured
  ///   - intervention: what is done at each place
  ///   - seed: of what it draws
  ///   - limit: how many pairs at most
  ///   - journal: keeps what is measured, and has what an earlier run measured
  ///   - estimating: called after the first layer with the seconds that all take
  /// - Throws: `AlignmentError`, `ModelError`, or `SweepJournalError` for a journal of another
  ///   sweep.
  public func sweep(
    _ data: TaskExamples, component: Component = .blockOutput, head: Int? = nil,
    layers: [Int]? = nil, window: Int = 1, positions: [SweepPosition]? = nil,
    metrics: [any OutputMetric] = [InterchangeAccuracyMetric()],
    intervention: ChosenIntervention = .interchange, seed: UInt64 = 0, limit: Int = 64,
    store: ActivationStore = ActivationStore(), journal: SweepJournal? = nil,
    progress: (Int, Int) -> Void = { _, _ in }, estimating: (Double) -> Void = { _ in }
  ) throws -> SweepRun {
    let chosen = layers ?? Array(0..<(architecture.stacks?.encoder.layers ?? architecture.layers))
    func length(_ input: ModelInput) -> Int {
      network.positionCount(of: input, component, layer: chosen.first ?? 0)
    }
    let columns =
      try positions.map { try SweepColumns(data, $0, length: length) }
      ?? SweepColumns(data, length: length)
    let examples = Array(columns.examples.prefix(limit))
    let isOfTarget =
      architecture.stacks != nil && !network.isOfSource(component, layer: chosen.first ?? 0)
    let sweep = InterchangeSweep(
      component: component, head: head, layers: chosen, window: window,
      positions: columns.positions, metrics: metrics, intervention: intervention, seed: seed)
    let labels = Dictionary(grouping: examples, by: \.label).mapValues(\.count)
    return SweepRun(
      task: data.task, variable: data.variable, check: data.check,
      positionLabels: columns.labels.isEmpty
        ? columnLabels(
          columns.positions, of: positionLabels(examples, isOfTarget: isOfTarget)) : columns.labels,
      result: try sweep.run(
        network, on: examples, store: store, journal: journal, progress: progress,
        estimating: estimating),
      constantAnswer: labels.values.max().map { Accuracy(correct: $0, n: examples.count) })
  }

  /// The labels of columns that are single positions.
  private func columnLabels(_ columns: [Positions], of labels: [String]) -> [String] {
    columns.map { column in column.place(labels.count).map { labels[$0] } ?? column.columnLabel }
  }
}
