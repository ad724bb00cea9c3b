import InterchangeModels

/// The pairs' vectors at a site of one model, for fits of methods and their measurement.
struct AttributeFits {
  private let training: AttributeTraining
  private let held: [(part: AttributePairs.Part, measurement: AttributeMeasurement)]

  /// Reads the vectors.
  init(
    _ pairs: AttributePairs, at site: Site, of model: Model, _ store: ActivationStore,
    _ settings: AlignmentSettings
  ) throws {
    training = try AttributeTraining(
      pairs, at: site, of: model, store: store, settings: settings)
    held = try pairs.held.map { part in
      (
        part,
        try AttributeMeasurement(
          pairs.examples[part] ?? [], at: site, of: model, store: store,
          batchSize: settings.batchSize)
      )
    }
  }

  /// A method's scores from a seed, and the largest change of a logit by a swap of bases with
  /// themselves.
  func run(
    _ method: any AttributeMethod, seed: UInt64, progress: (FitProgress) -> Void
  ) throws -> (run: AttributeMethodScores.Run, change: Float) {
    let fit = try method.fit(training.seeded(seed), progress: progress)
    var change: Float = 0
    let reports = try held.map { part, measurement in
      try training.attributes.map { attribute -> AttributeReport in
        guard let swap = fit[attribute] else {
          throw AlignmentError.noExamples(
            reason: "\(type(of: method).title) gave no intervention for \(attribute)")
        }
        change = max(change, try measurement.selfSwapChange(swap.intervention))
        return try measurement.report(swap.intervention, attribute)
      }
    }
    return (
      AttributeMethodScores.Run(
        seed: seed,
        swaps: fit.swaps.map { .init(attribute: $0.attribute, size: $0.size, note: $0.note) },
        parts: zip(held, reports).map { .init(part: $0.part, attributes: $1) }),
      change
    )
  }
}
