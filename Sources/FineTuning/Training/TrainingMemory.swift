import InterchangeModels
import InterchangeTensors

/// The memory that a training run needs, by what it is for, in bytes.
public struct TrainingMemory: Codable, Sendable, Equatable {
  /// The base model's weights, as they are held.
  public let weights: Int
  public let gradients: Int
  /// Adam's two moments.
  public let optimizer: Int
  /// The activations that a step keeps for its backward pass, at most, and the quarter more that
  /// the buffer pool keeps.
  public let activations: Int

  public var total: Int { weights + gradients + optimizer + activations }

  /// An estimate from what the largest batches compute.
  ///
  /// - Throws: as a training step.
  public init(
    training adapted: AdaptedModel, on examples: [TokenizedExample], _ settings: FineTuningSettings
  ) throws {
    let architecture = adapted.base.architecture
    weights = architecture.weightBytes
    let parameters = adapted.parameters.reduce(0) { $0 + $1.value.count }
    (gradients, optimizer) = (4 * parameters, 8 * parameters)
    let size = (settings.batchSize + settings.accumulation - 1) / settings.accumulation
    let (largest, _) = adapted.forMembers(
      Array(examples.sorted { $0.tokens.count > $1.tokens.count }.prefix(size)))
    guard !largest.isEmpty else {
      activations = 0
      return
    }
    var request = adapted.request(largest)
    try adapted.contribute(to: &request, promptLengths: largest.map(\.promptLength))
    let rows = try adapted.base.network.costs(of: request, hasStore: true).map(\.rows)
    let all = rows.reduce(0, +)
    let numbers =
      settings.recomputesBlocks
      ? all * architecture.width + (rows.max() ?? 0) * architecture.recordedWidth
      : all * architecture.recordedWidth
    activations = 5 * numbers
  }
}
