import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeCausalModels
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels

/// The place and the dimensions in which a language model keeps the subject's number, and the
/// effects of a fine-tuning in that subspace alone.
///
/// ```swift
/// let model = try LanguageModel(contentsOf: "SmolLM2-135M-Instruct.Q4_1.gguf")
/// let results = try DemoAgreement(model: model).run()
/// for result in results.all { result.tables.forEach { print($0.aligned) } }
/// ```
public struct DemoAgreement {
  /// The task whose variable is sought.
  public static let task = SubjectVerbAgreement().name

  public let model: LanguageModel
  public let seed: UInt64
  /// The ranks of the subspaces.
  public var ranks = [1, 2, 4, 8]

  /// The study of a decoder that solves the task.
  public init(model: LanguageModel, seed: UInt64 = 0) {
    (self.model, self.seed) = (model, seed)
  }

  /// Sweeps, fits subspaces with all controls, and fine-tunes in the first.
  ///
  /// - Parameter folder: where the subspace and the adapter are written; nil keeps neither
  /// - Returns: sweeps, alignments and the effects of the fine-tuning
  /// - Throws: `AlignmentError`, `ModelError` or `FineTuningError` when the model can't be used;
  ///   a file error.
  public func run(
    folder: URL? = nil, progress: (StudyProgress) -> Void = { _ in }
  ) throws -> RunResults {
    let all = ActivationStore(for: (0..<model.layers).map { .blockOutput($0, .all) })
    let data = try TaskData(SubjectVerbAgreement(), count: 384, for: model, store: all, seed: seed)
    progress(.note("    train: " + data.train.check.line))
    progress(.note("    test: " + data.test.check.line))
    progress(.note("(b) sweep of full-vector interchange over layer × position"))
    let sweep = try model.sweep(
      data.train, limit: 20, store: all
    ) { progress(.part("sweep", done: $0, of: $1)) }

    // The site is chosen on training pairs: the last position is where the answer is read.
    let site = Site.blockOutput(sweep.bestLayer(at: -1), .last)
    let list = ranks.map(String.init).joined(separator: ", ")
    progress(.note("(c) DAS at \(site), ranks \(list)"))
    let alignments = try align(data, site, all, progress)

    let subspace = alignments[0].alignment.rotation
    if let folder {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try subspace.write(
        to: folder.appending(component: "rotation.safetensors"),
        metadata: ["site": site.description, "model": try model.identity()])
    }
    progress(
      .note("(d) LoReFT inside the found subspace of rank \(subspace.rank): always the plural"))
    return RunResults(
      SweepRuns([sweep]), AlignmentRuns(alignments.map(\.run)),
      try fineTune(subspace, site, folder, progress))
  }

  private func align(
    _ data: TaskData, _ site: Site, _ store: ActivationStore,
    _ progress: (StudyProgress) -> Void
  ) throws -> [(alignment: Alignment, run: AlignmentRun)] {
    let random = try model.randomlyInitialized(seed: seed &+ 1).network
    let randomStore = ActivationStore(for: [site])
    return try ranks.map { rank in
      var settings = AlignmentSettings()
      settings.seed = seed
      let alignment = try model.align(
        site, dimensions: rank, on: data.train, settings: settings, store: store
      ) {
        progress(
          .part(
            "rank \(rank)", done: $0.step, of: $0.steps,
            detail: String(format: "loss %.3f", $0.loss)))
      }
      let report = try alignment.evaluate(
        on: data.test, randomModel: random, randomStore: randomStore)
      progress(.note("    rank \(rank): \(report.test.summary)"))
      let run = AlignmentRun(
        task: data.task, variable: data.variable, check: data.test.check, disjoint: data.disjoint,
        report: report, losses: alignment.losses)
      return (alignment, run)
    }
  }

  private func fineTune(
    _ subspace: Rotation, _ site: Site, _ folder: URL?, _ progress: (StudyProgress) -> Void
  ) throws -> TuningEffects {
    let adapted = try model.adapted(by: .loreft(in: subspace.frozen), at: site)
    let task = SubjectVerbAgreement()
    let pairs = try task.prompts(count: 128, seed: seed &+ 11).map {
      PromptCompletion(prompt: $0.text, completion: SubjectVerbAgreement.answers[1])
    }
    let before = try effects(AdaptedModel(model, []))
    var settings = FineTuningSettings()
    settings.seed = seed
    let history = try FineTuner(settings: settings).train(adapted, on: pairs) {
      progress(
        .part(
          "LoReFT", done: $0.step, of: $0.steps, detail: String(format: "loss %.3f", $0.loss)))
    }
    let after = try effects(adapted)
    if let folder { try adapted.write(to: folder) }
    return TuningEffects(
      method: "LoReFT, subspace fixed", site: site.description, rank: subspace.rank,
      parameters: adapted.parameterCount, parameterShare: adapted.parameterShare,
      losses: history.losses,
      effects: zip(before, after).map {
        TuningEffects.Effect(name: $0.name, before: $0.value, after: $1.value)
      })
  }

  /// The shares of plural verbs after singular and plural subjects, and of right answers in the
  /// other tasks.
  private func effects(_ adapted: AdaptedModel) throws -> [(name: String, value: Accuracy)] {
    let agreement = try SubjectVerbAgreement().prompts(count: 256, seed: seed &+ 12)
    let verbs = SubjectVerbAgreement.answers
    func plural(after verb: String) throws -> Accuracy {
      try adapted.share(
        of: { _ in verbs[1] }, among: { _ in verbs }, after: agreement.filter { $0.answer == verb })
    }
    var effects = [
      ("“are” after a singular", try plural(after: verbs[0])),
      ("“are” after a plural", try plural(after: verbs[1])),
    ]
    let others: [any CausalTask<Prompt>] = [
      IndirectObjectIdentification(), CountryCapitals(), GenderedPronoun(),
    ]
    for other in others {
      let examples = try other.counterfactuals(
        changing: other.changeNames[0], count: 128, seed: seed &+ 13)
      let answers = Dictionary(
        examples.map { ($0.base.text, $0.answers) }, uniquingKeysWith: { first, _ in first })
      effects.append(
        (
          "\(other.name) right",
          try adapted.share(
            of: \.answer, among: { answers[$0.text] ?? [$0.answer] }, after: examples.map(\.base))
        ))
    }
    return effects
  }
}
