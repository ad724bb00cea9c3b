import Foundation
import Interchange

/// (b) to (d): where a language model keeps the subject's number, in how many dimensions, and what
/// happens when only that subspace is fine-tuned.
struct DemoAgreement {
  static let task = "agreement"
  static let ranks = [1, 2, 4, 8]

  let model: LanguageModel
  let seed: UInt64

  func run(into results: inout RunResults, folder: URL) throws {
    let all = ActivationStore(
      for: (0..<model.model.architecture.layers).map { .blockOutput($0, .all) })
    let data = try TaskData(task: Self.task, count: 384, for: model, store: all, seed: seed)
    Output.note("    train: " + data.train.check.line)
    Output.note("    test: " + data.test.check.line)
    Output.note("(b) sweep of full-vector interchange over layer × position")
    let progress = ProgressLine("    sweep")
    let sweep = try model.sweep(
      data.train, task: data.task, variable: data.variable, limit: 20, store: all
    ) { progress.update($0, of: $1) }
    results[SweepRuns.self] = SweepRuns([sweep])

    // The site is chosen on training pairs: the last position is where the answer is read.
    let site = Site.blockOutput(sweep.bestLayer(at: -1), .last)
    Output.note("(c) DAS at \(site), ranks \(Self.ranks.map(String.init).joined(separator: ", "))")
    let alignments = try align(data, site, all)
    results[AlignmentRuns.self] = AlignmentRuns(alignments.map(\.run))

    let subspace = alignments[0].alignment.rotation
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try subspace.write(
      to: folder.appending(component: "rotation.safetensors"),
      metadata: ["site": site.description, "model": try model.identity()])
    Output.note("(d) LoReFT inside the found subspace of rank \(subspace.rank): always the plural")
    results[TuningEffects.self] = try fineTune(subspace, site, folder)
  }

  private func align(
    _ data: TaskData, _ site: Site, _ store: ActivationStore
  ) throws -> [(alignment: Alignment, run: AlignmentRun)] {
    let random = Model(model.model.architecture.randomlyInitialized(seed: seed &+ 1))
    let randomStore = ActivationStore(for: [site])
    return try Self.ranks.map { rank in
      var settings = AlignmentSettings()
      settings.seed = seed
      let search = DistributedAlignmentSearch(site: site, dimensions: rank, settings: settings)
      let progress = ProgressLine("    rank \(rank)")
      let alignment = try search.fit(model.model, on: data.train.examples, store: store) {
        progress.update($0.step, of: $0.steps, detail: String(format: "loss %.3f", $0.loss))
      }
      let report = try alignment.evaluate(
        on: data.test.examples, randomModel: random, randomStore: randomStore)
      Output.note("    rank \(rank): \(report.test.summary)")
      let run = AlignmentRun(
        task: data.task, variable: data.variable, check: data.test.check, disjoint: data.disjoint,
        report: report, losses: alignment.losses)
      return (alignment, run)
    }
  }

  private func fineTune(_ subspace: Rotation, _ site: Site, _ folder: URL) throws -> TuningEffects {
    let loreft = ReFT(rotation: subspace.frozen)
    let adapted = try AdaptedModel(model, [PlacedIntervention(loreft, at: site)])
    let task = SubjectVerbAgreement()
    let pairs = try task.prompts(count: 128, seed: seed &+ 11).map {
      PromptCompletion(prompt: $0.text, completion: SubjectVerbAgreement.answers[1])
    }
    let before = try effects(AdaptedModel(model, []))
    var settings = FineTuningSettings()
    settings.seed = seed
    let progress = ProgressLine("    LoReFT")
    let history = try FineTuner(settings: settings).train(adapted, on: pairs) {
      progress.update($0.step, of: $0.steps, detail: String(format: "loss %.3f", $0.loss))
    }
    let after = try effects(adapted)
    try adapted.write(to: folder)
    return TuningEffects(
      method: "LoReFT, subspace fixed", site: site.description, rank: subspace.rank,
      parameters: adapted.parameterCount, parameterShare: adapted.parameterShare,
      losses: history.losses,
      effects: zip(before, after).map {
        TuningEffects.Effect(name: $0.name, before: $0.value, after: $1.value)
      })
  }

  /// How often the plural verb is given after singular and plural subjects, and how often the other
  /// tasks' answers are right.
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
    for other in BuiltInTasks.forLanguageModels where other.name != Self.task {
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
