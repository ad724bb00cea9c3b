import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// An intervention at a site: without sources, or one whose source is another component at the same
/// cell. It changes each row by itself, but for a `SequenceIntervention` in training.
public struct PlacedIntervention {
  public let site: Site
  /// The component of the same layer that the change depends on.
  public let reading: Component?
  public let intervention: any Intervention
  /// The share that training leaves out, fresh every step: of the numbers that are read, or,
  /// without any, of the change; never of the hidden vector itself.
  public let dropout: Double

  /// - Parameters:
  ///   - site: where it acts
  ///   - reading: for an intervention with one source
  ///   - dropout: 0 to below 1; above 0 only for an additive intervention
  public init(
    _ intervention: any Intervention, at site: Site, reading: Component? = nil, dropout: Double = 0
  ) {
    require(
      intervention.sourceCount == (reading == nil ? 0 : 1),
      "PlacedIntervention: \(intervention.sourceCount) sources")
    require(
      (0..<1).contains(dropout) && (dropout == 0 || intervention is any AdditiveIntervention),
      "PlacedIntervention: dropout \(dropout)")
    (self.intervention, self.site, self.reading) = (intervention, site, reading)
    self.dropout = dropout
  }

  /// The projection of which it changes what every position's row becomes; nil for other places.
  public var projection: Projection? {
    guard site.positions == .every, site.head == nil else { return nil }
    return Projection.allCases.first { $0.makes(site.component) && $0.input == reading }
  }

  /// - Parameter observes: whether an intervention takes note of the rows of whole sequences
  func edit(_ cells: Cells, noise: TrainingNoise?, observes: Bool = false) -> Edit {
    let (intervention, rate) = (intervention, dropout)
    // Each time from the start: an edit may be made again for its gradient.
    let generator = noise?.forEdit()
    if let ofSequences = intervention as? any SequenceIntervention,
      generator != nil || observes || !ofSequences.isSettled
    {
      let counts = cells.positions.map(\.count)
      return Edit(cells) { rows in
        if observes { ofSequences.observe(rows, sequences: counts) }
        let change = ofSequences.change(of: rows, sequences: counts, batch: noise?.sequences)
        guard var generator else { return rows + change }
        return rows + change.droppingOut(rate, using: &generator)
      }
    }
    if let reading {
      return Edit(cells, reading: reading) { rows, read in
        guard var generator else { return intervention(rows, sources: [read]) }
        let read = read.droppingOut(rate, using: &generator)
        guard let trained = intervention as? any TrainableIntervention else {
          return intervention(rows, sources: [read])
        }
        return rows + trained.change(of: rows, sources: [read], noise: &generator)
      }
    }
    guard let generator, let additive = intervention as? any AdditiveIntervention,
      rate > 0 || additive is any TrainableIntervention
    else { return Edit(cells, isRowwise: true) { intervention($0, sources: []) } }
    return Edit(cells, isRowwise: true) {
      var generator = generator
      let change =
        (additive as? any TrainableIntervention)?.change(of: $0, sources: [], noise: &generator)
        ?? additive.change(of: $0, sources: [])
      return $0 + change.droppingOut(rate, using: &generator)
    }
  }

  /// The cells for sequences: positions are the prompt's, but ``Positions/every`` begins with the
  /// virtual tokens before it and goes on after it, ``Positions/everyAfter(first:)`` leaves out its
  /// first and goes on after it, and ``Positions/generated`` are those after it. In the decoder of
  /// an encoder-decoder the start token stands for the prompt.
  func cells(_ request: Request, _ context: AdapterContext) throws -> Cells {
    let isOfSource = context.model.isOfSource(site.component, layer: site.layer)
    let positions = try context.promptLengths.enumerated().map { sequence, promptLength in
      let input = request.inputs[sequence]
      let isOfTarget = input.source != nil && !isOfSource
      let start = isOfSource ? 0 : request.caches?[sequence].count ?? 0
      let count = context.model.positionCount(of: input, at: site)
      if site.positions == .every { return Array(start..<count) }
      let first = isOfTarget ? context.virtualTargets : context.virtualTokens
      if case .everyAfter(let skipped) = site.positions {
        return Array(min(max(start, first + min(skipped, count)), count)..<count)
      }
      if site.positions == .generated {
        // Nothing is generated in a source.
        guard !isOfSource else { throw ModelError.nothingGenerated }
        return try site.positions.resolved(
          length: input.length, prompt: max(start, first + (isOfTarget ? 1 : promptLength)))
      }
      return try site.positions.resolved(length: isOfTarget ? 1 : promptLength)
        .map { $0 + first }.filter { $0 >= start }
    }
    return Cells(site, positions: positions)
  }
}

/// Interventions on the hidden vectors of a frozen model: the ReFT family, RED, steering.
public final class InterventionAdapter: Adapter {
  public let interventions: [PlacedIntervention]

  public init(_ interventions: [PlacedIntervention]) { self.interventions = interventions }

  public static var kind: String { "interventions" }

  public var method: String {
    var names: [String] = []
    for name in interventions.map(\.intervention.name) where !names.contains(name) {
      names.append(name)
    }
    return names.joined(separator: "+")
  }

  public var parameters: [Parameter] { interventions.flatMap(\.intervention.parameters).unique }
  public var orthonormalParameters: [Parameter] {
    interventions.flatMap(\.intervention.orthonormalParameters).unique
  }

  /// The trained numbers, each once; those that are trained in a way of their own count them
  /// themselves.
  public var parameterCount: Int {
    let own = Set(trained.flatMap(\.parameters).map(ObjectIdentifier.init))
    return parameters.reduce(0) { $0 + (own.contains(ObjectIdentifier($1)) ? 0 : $1.value.count) }
      + trained.reduce(0) { $0 + $1.parameterCount }
  }

  /// Those with a schedule, a penalty or noise of their own, each once.
  private var trained: [any TrainableIntervention] {
    var seen: Set<ObjectIdentifier> = []
    return interventions.compactMap { $0.intervention as? any TrainableIntervention }
      .filter { seen.insert(ObjectIdentifier($0)).inserted }
  }

  public func prepare(step: Int, of steps: Int) {
    for intervention in trained { intervention.prepare(step: step, of: steps) }
  }
  public var isComplete: Bool { trained.allSatisfy(\.isComplete) }
  public var penalty: Tensor? {
    let penalties = trained.compactMap(\.penalty)
    return penalties.dropFirst().reduce(penalties.first) { sum, next in sum.map { $0 + next } }
  }

  /// Those whose rows depend on one another in training, with a site of each.
  private var ofSequences: [(intervention: any SequenceIntervention, site: Site)] {
    var seen: Set<ObjectIdentifier> = []
    return interventions.compactMap { placed in
      (placed.intervention as? any SequenceIntervention).map { ($0, placed.site) }
    }.filter { seen.insert(ObjectIdentifier($0.intervention)).inserted }
  }

  public var observesExamples: Bool { !ofSequences.isEmpty }

  public func settle(isStart: Bool) throws {
    for (intervention, site) in ofSequences where !intervention.settle(isStart: isStart) {
      guard isStart else {
        throw FineTuningError.collapsed(method: intervention.name, place: site.description)
      }
      throw FineTuningError.invalidSetting(
        name: intervention.name, expected: "a positive latent in a training example at \(site)",
        found: "none")
    }
  }

  public func validate(for model: Model) throws {
    for placed in interventions {
      let width = try model.width(of: placed.site)
      guard let additive = placed.intervention as? any AdditiveIntervention else { continue }
      if additive.width != width {
        throw InterventionError.widthMismatch(
          name: placed.site.description, expected: additive.width, found: width)
      }
      guard let reading = placed.reading, let expected = additive.sourceWidth else { continue }
      let read = try model.width(of: Site(reading, layer: placed.site.layer))
      if read != expected {
        throw InterventionError.widthMismatch(
          name: "\(reading.rawValue) \(placed.site.layer)", expected: expected, found: read)
      }
    }
  }

  /// - Throws: ``FineTuningError/overlap(first:second:)`` when two of the interventions meet,
  ///   ``FineTuningError/invalidSetting(name:expected:found:)`` for one that depends on whole
  ///   sequences, of which a run from stored keys and values has the last positions alone.
  public func contribute(to request: inout Request, _ context: AdapterContext) throws {
    var placedCells: [(placed: PlacedIntervention, cells: Cells)] = []
    for placed in interventions {
      let cells = try placed.cells(request, context)
      if let other = placedCells.first(where: { $0.cells.meets(cells) }) {
        throw FineTuningError.overlap(
          first: other.placed.site.description, second: placed.site.description)
      }
      placedCells.append((placed, cells))
    }
    if request.caches != nil, let untrained = ofSequences.first(where: { !$0.0.isSettled }) {
      throw FineTuningError.invalidSetting(
        name: untrained.intervention.name, expected: "a trained adapter to generate with",
        found: "an untrained one")
    }
    for (placed, cells) in placedCells where cells.count > 0 {
      request.edits.append(
        placed.edit(cells, noise: context.noise, observes: context.observes))
    }
  }
}

extension Cells {
  /// True where two edits touch the same numbers.
  fileprivate func meets(_ other: Cells) -> Bool {
    component == other.component && layer == other.layer
      && (head == nil || other.head == nil || head == other.head)
      && zip(positions, other.positions).contains { !Set($0).isDisjoint(with: $1) }
  }
}

extension [Parameter] {
  /// Each parameter once, in order.
  fileprivate var unique: [Parameter] {
    var seen: Set<ObjectIdentifier> = []
    return filter { seen.insert(ObjectIdentifier($0)).inserted }
  }
}
