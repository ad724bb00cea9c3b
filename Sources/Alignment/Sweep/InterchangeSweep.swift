import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// An intervention at every layer and position, the whole vector's interchange unless another is
/// chosen: it shows the way of a variable's effect.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let data = try TaskData(SubjectVerbAgreement(), count: 64, for: model)
/// let sweep = InterchangeSweep(layers: 0..<30, positions: [.last])
/// let result = try sweep.run(model, on: data.test)
/// print(result.cells.map { $0[0].value })  // by layer
/// ```
public struct InterchangeSweep: Sendable {
  /// The component that is swapped.
  public var component: Component
  /// The head that is swapped; nil for all.
  public var head: Int?
  /// The layers, in the result's order.
  public var layers: [Int]
  /// The number of adjacent layers that are changed together, as in ``CausalTracing/window``: about
  /// each of the layers, as many below it as above, of an even number one more below; fewer at the
  /// ends of the model.
  public var window: Int
  /// The positions, in the result's order.
  public var positions: [Positions]
  /// The metrics that are drawn; the accuracy is always measured.
  public var metrics: [any OutputMetric]
  /// The change at each place.
  public var intervention: ChosenIntervention
  /// The seed of what the intervention draws.
  public var seed: UInt64
  /// Rows that one packed run begins with at most; a single sequence may have more.
  public var batchRows: Int

  /// A sweep over layers and positions of one component.
  public init(
    component: Component = .blockOutput, head: Int? = nil, layers: some Sequence<Int>,
    window: Int = 1, positions: [Positions],
    metrics: [any OutputMetric] = [InterchangeAccuracyMetric()],
    intervention: ChosenIntervention = .interchange, seed: UInt64 = 0, batchRows: Int = 1024
  ) {
    self.window = window
    (self.component, self.head, self.layers) = (component, head, Array(layers))
    (self.positions, self.metrics, self.batchRows) = (positions, metrics, batchRows)
    (self.intervention, self.seed) = (intervention, seed)
  }

  /// The place of the intervention's source vectors.
  var source: (any InterventionSource)? { intervention.source(seed: seed) }

  /// The layers that are changed with one.
  func window(_ layer: Int, _ model: Model) -> ClosedRange<Int> {
    LayerWindow(window).layers(about: layer, of: model)
  }

  /// All layers that are changed, rising.
  func changed(_ model: Model) -> [Int] {
    Set(layers.flatMap { Array(window($0, model)) }).sorted()
  }

  /// Runs the sweep as one job: for a group of examples one base run and one source run each, then
  /// layer by layer the cones of all positions packed together.
  ///
  /// - Parameters:
  ///   - journal: keeps every group's outcomes at every layer as they are measured; what it has of
  ///     an earlier run isn't measured again
  ///   - progress: called with the number of interchanges that are done and their number in all
  ///   - estimating: called once, after the first group's first layer, with the seconds that all of
  ///     the sweep takes at this rate
  /// - Returns: accuracies by [layer][position], in the order of ``layers`` and ``positions``
  /// - Throws: ``AlignmentError`` or `ModelError` when a layer or position doesn't exist or a
  ///   metric can't be taken of these outputs, ``SweepJournalError`` when the journal is another
  ///   sweep's.
  public func run(
    _ model: Model, on examples: [AlignmentExample], store: ActivationStore = ActivationStore(),
    journal: SweepJournal? = nil, progress: (Int, Int) -> Void = { _, _ in },
    estimating: (Double) -> Void = { _ in }
  ) throws -> SweepResult {
    try validate(model)
    let run = InterchangeRun(model: model, store: store, batchSize: .max)
    let measurement = try SweepMeasurement(metrics, of: examples, on: model)
    try journal?.begin(self, examples)
    let place = component.rawValue + (head.map { " head \($0)" } ?? "")
    let sites = changed(model).map { Site(component, layer: $0, head: head, .all) }
    lazy var reader = Result { [self] in
      try source?.reader(of: examples, at: sites, in: model, store: store)
    }
    var cells = layers.map { _ in positions.map { _ in [SwapOutcome]() } }
    let total = examples.count * layers.count * positions.count
    var done = 0
    let groups = try groups(of: examples, measurement)
    var clock = SweepClock(
      groups: groups.map(\.count), layers: layers.map { window($0, model).lowerBound }, model)
    for (number, group) in groups.enumerated() {
      func unit(_ layer: Int) -> SweepJournal.Unit {
        SweepJournal.Unit(place: place, group: number, layer: layer)
      }
      let count = group.count * positions.count
      let known = try layers.map { try journal?.outcomes(of: unit($0), count: count) }
      let swaps =
        try known.contains { $0 == nil }
        ? SweepGroup(
          self, examples, members: group, reader: reader.get(), run, measurement) : nil
      if let swaps { clock.begin(swaps) }
      try store.reserving(swaps == nil ? [] : sites) {
        for (line, layer) in layers.enumerated() {
          var outcomes = known[line] ?? []
          if let swaps, known[line] == nil {
            for batch in swaps.batches(rows: batchRows) {
              outcomes += try swaps.outcomes(batch, layer: layer)
            }
            try journal?.append(unit(layer), outcomes)
            clock.finish(layer: window(layer, model).lowerBound)
          }
          for (index, outcome) in outcomes.enumerated() {
            cells[line][index / group.count].append(outcome)
          }
          done += count
          progress(done, total)
          if let seconds = clock.firstEstimate() { estimating(seconds) }
        }
      }
    }
    return SweepResult(
      component: component.rawValue, head: head, layers: layers,
      positions: positions.map(\.description),
      cells: cells.map { $0.map { Accuracy($0.map(\.outcome)) } }, metrics: metrics.map(\.name),
      measures: measurement.maps(cells),
      intervention: intervention.isInterchange ? nil : intervention.description,
      window: window)
  }

  private func validate(_ model: Model) throws {
    for (name, count) in [
      ("layers", layers.count), ("positions", positions.count), ("window", window),
      ("batch rows", batchRows),
    ] where count < 1 {
      throw AlignmentError.invalidSetting(name: name, expected: "at least 1", found: "\(count)")
    }
    for layer in layers { try model.validate(component, layer: layer, head: head) }
    guard window == 1 || source?.followsRun != true else {
      throw AlignmentError.invalidSetting(
        name: "window",
        expected: "1 with the intervention \(intervention): what it puts in depends on the changes "
          + "below", found: "\(window)")
    }
    guard Set(layers.map { model.isOfSource(component, layer: $0) }).count == 1 else {
      throw AlignmentError.invalidSetting(
        name: "layers",
        expected: "those of the encoder or those of the decoder, whose positions differ",
        found: "both")
    }
  }

  /// Examples that share base and source runs: about as many as fill one run, and whose outputs are
  /// no more than 2²³ numbers.
  private func groups(
    of examples: [AlignmentExample], _ measurement: SweepMeasurement
  ) throws -> [[Int]] {
    guard try SiteExamples.sourceCount(of: examples) >= 1 else {
      throw AlignmentError.sourceMismatch(expected: 1, found: 0)
    }
    let longest = examples.map(\.base.text.length).max() ?? 1
    return Array(examples.indices).chunked(
      max(1, min(batchRows / longest, measurement.mostRows)))
  }
}
