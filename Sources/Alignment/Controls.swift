import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The controls that belong to every interchange result.
public enum ControlKind: String, CaseIterable, Codable, Sendable {
  /// Each base swapped with itself in the learned subspace: must change nothing, exactly.
  case selfSwap = "self_swap"
  /// The whole vector swapped: the ceiling, unless it brings along what speaks against the variable.
  case fullVector = "full_vector"
  /// Random subspaces of the same rank.
  case randomSubspaces = "random_subspaces"
  /// The first principal components of the site's activations, as many as the rank.
  case principalComponents = "pca"
  /// The learned subspace with each base's source taken from another example.
  case shuffledSources = "shuffled_sources"
  /// The same fit on a randomly initialized model.
  case randomModel = "random_model"
}

/// One control with its own figure.
public struct ControlResult: Codable, Sendable {
  /// The kind's raw value.
  public let name: String
  /// Interchange intervention accuracy against the examples' labels.
  public let iia: Accuracy
  /// For several subspaces: each one's accuracy.
  public let each: [Double]?
  /// For the self-swap: the largest change of any logit. Anything but 0 is a defect.
  public let largestChange: Float?
  /// The meaning of the figure and the expectation for it.
  public let note: String
}

/// Runs the controls of one alignment on its test examples.
struct ControlSuite {
  static let randomSubspaceCount = 20

  let alignment: Alignment
  let test: SiteExamples
  let randomModel: Model?
  let randomStore: ActivationStore?

  private var settings: AlignmentSettings { alignment.search.settings }

  func run(_ kind: ControlKind) throws -> ControlResult {
    switch kind {
    case .selfSwap: try selfSwap()
    case .fullVector: try fullVector()
    case .randomSubspaces: try randomSubspaces()
    case .principalComponents: try principalComponents()
    case .shuffledSources: try shuffledSources()
    case .randomModel: try randomlyInitialized()
    }
  }

  private func selfSwap() throws -> ControlResult {
    let run = alignment.run
    var largest: Float = 0
    var outcomes: [Outcome] = []
    for batch in Array(0..<test.count).chunked(settings.batchSize) {
      let inputs = batch.map { test.examples[$0].base }
      let cells = Cells(test.site, positions: batch.map { test.positions[$0] })
      let intervention = alignment.intervention
      func logits(_ transform: @escaping (Tensor) -> Tensor) throws -> Tensor {
        try run.model.run(
          run.model.measuring(inputs, edits: [Edit(cells, transform: transform)]), store: run.store
        ).logits!
      }
      let plain = try logits { $0 }
      let swapped = try logits { base in
        intervention(base, sources: Array(repeating: base, count: intervention.sourceCount))
      }
      for (row, index) in batch.enumerated() {
        let example = test.examples[index]
        outcomes.append(
          Outcome(
            swapped.rowSlice(row..<row + 1), label: example.label, answers: example.answers))
      }
      largest = max(largest, (swapped - plain).elements.map(abs).max() ?? 0)
    }
    return ControlResult(
      name: ControlKind.selfSwap.rawValue, iia: Accuracy(outcomes), each: nil,
      largestChange: largest, note: "a no-op: the largest change of a logit must be 0")
  }

  private func fullVector() throws -> ControlResult {
    return ControlResult(
      name: ControlKind.fullVector.rawValue,
      iia: Accuracy(try alignment.run.outcomes(test, FullInterchange())), each: nil,
      largestChange: nil,
      note: test.sourceRows.count == 1
        ? "the whole vector is swapped: the ceiling, unless it carries more than the variable"
        : "the whole vector of the first of \(test.sourceRows.count) sources")
  }

  private func randomSubspaces() throws -> ControlResult {
    var generator = RandomGenerator(seed: settings.seed ^ 0x5AB5)
    let rotation = alignment.rotation
    var all: [Outcome] = []
    var each: [Double] = []
    for _ in 0..<Self.randomSubspaceCount {
      let random = try Rotation.random(
        rank: rotation.rank, width: rotation.width, seed: generator.next())
      let outcomes = try alignment.run.outcomes(
        test,
        DistributedInterchange(random.frozen, blocks: alignment.blocks))
      each.append(Accuracy(outcomes).value)
      all += outcomes
    }
    return ControlResult(
      name: ControlKind.randomSubspaces.rawValue, iia: Accuracy(all), each: each,
      largestChange: nil, note: "\(each.count) random subspaces of rank \(rotation.rank), pooled")
  }

  private func principalComponents() throws -> ControlResult {
    let rotation = alignment.rotation
    let rows = Tensor.concatenatingRows(alignment.training.sourceRows)
    let components = try Rotation.principalComponents(
      of: rows, rank: min(rotation.rank, rows.rows - 1))
    let blocks =
      components.rank == rotation.rank ? alignment.blocks : [0..<components.rank]
    let outcomes = try alignment.run.outcomes(
      test, DistributedInterchange(components.frozen, blocks: blocks))
    return ControlResult(
      name: ControlKind.principalComponents.rawValue, iia: Accuracy(outcomes), each: nil,
      largestChange: nil,
      note: "the first \(components.rank) principal components of the training sources")
  }

  private func shuffledSources() throws -> ControlResult {
    var generator = RandomGenerator(seed: settings.seed ^ 0x5F0F)
    let order = Array(0..<test.count).shuffled(using: &generator)
    // Examples may differ in their number of positions: only those of one number can trade sources.
    let groups = Dictionary(grouping: order) { test.positions[$0].count }
    var partner = Array(0..<test.count)
    for members in groups.values {
      for (place, member) in members.enumerated() {
        partner[member] = members[(place + 1) % members.count]
      }
    }
    let shuffled = test.replacingSources(
      test.sourceRows.indices.map { test.rows(of: partner, source: $0) })
    return ControlResult(
      name: ControlKind.shuffledSources.rawValue,
      iia: Accuracy(try alignment.run.outcomes(shuffled, alignment.intervention)), each: nil,
      largestChange: nil, note: "sources of other examples: what remains is not theirs")
  }

  private func randomlyInitialized() throws -> ControlResult {
    let model =
      try randomModel
      ?? Model(alignment.model.architecture.randomlyInitialized(seed: settings.seed &+ 1))
    let store = randomStore ?? ActivationStore(for: [test.site])
    let fitted = try alignment.search.fit(model, on: alignment.training.examples, store: store)
    let data = try SiteExamples(test.examples, at: test.site, of: model, store: store)
    return ControlResult(
      name: ControlKind.randomModel.rawValue,
      iia: Accuracy(try fitted.run.outcomes(data, fitted.intervention)), each: nil,
      largestChange: nil, note: "the same fit on a randomly initialised model")
  }
}
