import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension AdaptedModel {
  /// Multiplies what the adapters that steer add, from now on.
  ///
  /// - Parameter factor: 0 steers not at all, a negative one the other way
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` where none steers.
  public func scaleSteering(by factor: Double) throws {
    var steering: [ObjectIdentifier: any VectorAddition] = [:]
    for case let added as any VectorAddition in interventions.map(\.intervention) {
      steering[ObjectIdentifier(added)] = added
    }
    guard !steering.isEmpty else {
      throw FineTuningError.invalidSetting(
        name: "strength", expected: "an adapter that adds vectors, such as steering or reft-r1",
        found: adapters.isEmpty ? "no adapter" : adapters.map(\.method).joined(separator: ", "))
    }
    for added in steering.values { added.scale(by: Float(factor)) }
  }

  /// The latents of the concepts that ReFT-r1 steers to: ReLU(h · v) at every position of texts, of
  /// the base model without the adapters, as AxBench detects a concept. The first position of a text
  /// is an outlier in many models, and was left out in training.
  ///
  /// ```swift
  /// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
  /// let adapted = try AdaptedModel(contentsOf: "tuned", base: model)
  /// let ids = model.encode("The sea was calm.").ids
  /// for (site, latents) in try adapted.latents(of: [ids]) { print(site, latents[0]) }
  /// ```
  ///
  /// - Returns: for each of the interventions, in their order, the latents of each text
  /// - Throws: `ModelError` for a text that is empty or too long.
  public func latents(
    of texts: [[Int]], store: ActivationStore? = nil
  ) throws -> [(site: Site, latents: [[Float]])] {
    let inputs = texts.map { base.architecture.input($0) }
    let detectors = interventions.compactMap { placed in
      (placed.intervention as? RankOneSteering).map { (site: placed.site, detector: $0) }
    }
    guard !detectors.isEmpty else { return [] }
    let captures = detectors.map { site, _ in
      Cells(
        site,
        positions: inputs.map { Array(0..<base.network.positionCount(of: $0, at: site)) })
    }
    let run = try base.run(Request(inputs, captures: captures), store: store)
    return zip(detectors, zip(captures, run.captures)).map { detector, captured in
      let values = detector.detector.latent(of: captured.1).elements
      var start = 0
      return (
        detector.site,
        captured.0.positions.map { positions in
          defer { start += positions.count }
          return Array(values[start..<start + positions.count])
        }
      )
    }
  }
}
