import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A frozen language model with adapters, applied in the order given where they meet.
public final class AdaptedModel {
  public let base: LanguageModel
  public let adapters: [any Adapter]

  /// - Throws: `ModelError` for a site that the model lacks, `InterventionError` for another width.
  public init(_ base: LanguageModel, adapters: [any Adapter]) throws {
    (self.base, self.adapters) = (base, adapters)
    for adapter in adapters { try adapter.validate(for: base.network) }
  }

  /// A model with interventions at sites, as one adapter.
  ///
  /// - Throws: as ``init(_:adapters:)``.
  public convenience init(_ base: LanguageModel, _ interventions: [PlacedIntervention]) throws {
    try self.init(base, adapters: [InterventionAdapter(interventions)])
  }

  /// The interventions of all adapters.
  public var interventions: [PlacedIntervention] {
    adapters.flatMap { ($0 as? InterventionAdapter)?.interventions ?? [] }
  }

  /// The tensors that training changes.
  public var parameters: [Parameter] { adapters.flatMap(\.parameters) }

  /// The number of trained numbers; those of a head for labels are not counted, which every method
  /// needs.
  public var parameterCount: Int {
    adapters.reduce(0) { $0 + ($1 is LabelHead ? 0 : $1.parameterCount) }
  }
  /// The terms that training adds to the loss of the data.
  var penalties: [Tensor] { adapters.compactMap(\.penalty) }

  /// Trained numbers over those of the base.
  public var parameterShare: Double {
    Double(parameterCount) / Double(base.architecture.parameterCount)
  }

  /// The soft tokens that all adapters together put before a sequence.
  public var virtualTokens: Int { adapters.reduce(0) { $0 + $1.virtualTokens } }

  /// The soft tokens that all adapters together put before the target of an encoder-decoder.
  public var virtualTargets: Int { adapters.reduce(0) { $0 + $1.virtualTargets } }

  /// The number of adapters that are trained side by side and vote: 1 where there is no ensemble.
  public var members: Int { adapters.map(\.members).max() ?? 1 }

  /// Each element once for every member, and the members.
  func forMembers<Element>(_ elements: [Element]) -> (elements: [Element], members: [Int]) {
    let count = members
    return (
      elements.flatMap { Array(repeating: $0, count: count) },
      elements.flatMap { _ in 0..<count }
    )
  }

  /// Adds what the adapters do to a run of sequences that begin with their prompts.
  ///
  /// - Parameters:
  ///   - members: which member of an ensemble each sequence is for; the first when nil
  ///   - observes: whether adapters keep something of the sequences
  /// - Throws: `ModelError/positionOutOfRange(position:length:)` for a prompt that is too short,
  ///   ``FineTuningError/overlap(first:second:)`` when two interventions of one adapter meet.
  func contribute(
    to request: inout Request, promptLengths: [Int], members: [Int]? = nil,
    noise: TrainingNoise? = nil, observes: Bool = false
  ) throws {
    let (virtualTokens, virtualTargets) = (virtualTokens, virtualTargets)
    let network = base.network
    request.prependVirtualTokens(
      virtualTokens, targets: virtualTargets,
      isOfSource: { network.isOfSource($0, layer: $1) })
    var (first, firstTarget) = (0, 0)
    for adapter in adapters {
      let own = first..<first + adapter.virtualTokens
      let ownTargets = firstTarget..<firstTarget + adapter.virtualTargets
      try adapter.contribute(
        to: &request,
        AdapterContext(
          model: network, promptLengths: promptLengths, virtualTokens: virtualTokens,
          virtualTargets: virtualTargets, ownTokens: own, ownTargets: ownTargets,
          members: members ?? promptLengths.map { _ in 0 }, noise: noise, observes: observes))
      (first, firstTarget) = (own.upperBound, ownTargets.upperBound)
    }
  }

  /// The edits for token sequences that begin with prompts of these lengths.
  ///
  /// - Throws: `ModelError/positionOutOfRange(position:length:)` for a prompt that is too short,
  ///   ``FineTuningError/overlap(first:second:)`` when two interventions of one adapter meet.
  public func edits(_ sequences: [[Int]], promptLengths: [Int]) throws -> [Edit] {
    var request = Request(
      zip(sequences, promptLengths).map {
        base.architecture.input(
          Array($0.prefix($1)), continuedBy: Array($0.dropFirst($1)))
      })
    try contribute(to: &request, promptLengths: promptLengths)
    return request.edits
  }

  /// The logits of each prompt's last position: [prompts, outputs].
  ///
  /// - Throws: `ModelError` when a prompt is empty or too short for the positions.
  public func lastLogits(_ prompts: [[Int]], store: ActivationStore? = nil) throws -> Tensor {
    var request = Request.lastLogits(prompts.map { base.architecture.input($0) })
    try contribute(to: &request, promptLengths: prompts.map(\.count))
    return try base.run(request, store: store).logits!
  }

  /// Continues prompts with the adapters on; decoding goes on from the key/value store, and only
  /// interventions at `Positions/every` position, but its first, and at `Positions/generated` ones,
  /// go on with it.
  ///
  /// - Parameter members: which member of an ensemble continues each prompt; the first when nil
  /// - Throws: `ModelError` when a prompt is empty or too short for the positions,
  ///   ``FineTuningError`` for an adapter that has to be trained before it can generate.
  public func generate(
    _ prompts: [[Int]], options: GenerationOptions = GenerationOptions(), members: [Int]? = nil,
    onToken: (Int, Int) -> Void = { _, _ in }
  ) throws -> [[Int]] {
    try base.network.generate(
      prompts, options: options,
      prepare: { request, active in
        try self.contribute(
          to: &request, promptLengths: active.map { prompts[$0].count },
          members: members.map { all in active.map { all[$0] } })
      }, onToken: onToken)
  }
}
