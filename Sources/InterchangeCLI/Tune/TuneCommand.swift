import ArgumentParser
import Foundation
import Interchange

/// `interchange tune`: search methods and their choices under a budget.
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune", abstract: "Search methods and their choices under a budget.",
    discussion: """
      Successive halving: many combinations are trained for a few steps, the best third goes on. Trials are \
      judged on the development share of the training examples; the test part is not touched. The winner is \
      written to choices.json, which `finetune --choices` takes.
      """)

  @OptionGroup var model: ModelArgument
  @Option(
    help: ArgumentHelp(
      """
      Methods, separated by commas, each with values to choose from: loreft:rank=2/8:rate=1e-3/4e-3,lora. \
      A method alone has those that its paper varies.
      """, valueName: "list"))
  var methods: String
  @Option(.count, "Steps of all trials together.") var budgetSteps: Int?
  @Option(.positive, "Minutes of all trials together.") var budgetMinutes: Double?
  @Option(.counts(from: 1, to: 100_000), "Trials of the first round at most.") var trials = 27
  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Method") var method: MethodOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  private var budget: MethodSearch.Budget {
    get throws {
      switch (budgetSteps, budgetMinutes) {
      case (let steps?, nil): return .steps(steps)
      case (nil, let minutes?): return .minutes(minutes)
      default: throw ValidationError("tune needs --budget-steps or --budget-minutes.")
      }
    }
  }

  func validate() throws {
    _ = try budget
  }

  func run() throws {
    let spaces = try methods.split(separator: ",").map { try MethodSpace(parsing: String($0)) }
    guard !spaces.isEmpty else { throw ValidationError("--methods names no method.") }
    let read = try data.read()
    let model = try model.load()
    let fitted = try self.data.fitted(read, to: model)
    try self.data.tellLabels(fitted.data, model)
    var writer = try RunWriter(self, common, model, writing: ["choices.json", "search.md"])
    // Each method with the values that are searched, those of a method alone too.
    writer.settings["methods"] = .array(
      spaces.map { space in
        let axes = space.axes.map { "\($0.key)=" + $0.values.joined(separator: "/") }
        return .string(([space.method] + axes).joined(separator: ":"))
      })
    let make: (MethodChoices) throws -> FineTuningExperiment = {
      try FineTuningExperiment($0, method, training, self.data, model, fitted.data, common)
    }
    // All trials see the same texts: those that the one with the most soft tokens reads.
    let candidates = MethodSearch.candidates(trials, from: spaces, seed: common.seed)
    let kept = try self.data.fitted(
      read, to: model, for: data.longTexts.isChosen ? candidates.map(make) : [], without: fitted)
    kept.count.tell()
    kept.count.add(to: &writer.settings)
    let search = try MethodSearch(
      spaces, on: kept.data, model: model, budget: budget, seed: common.seed,
      maximumTrials: trials, store: storeOptions.store(), make: make, progress: Self.show)
    writer.files["search.md"] = Data(search.table.markdown.utf8)
    try writer.finish(
      RunResults(search),
      files: { folder in
        let choices = folder.appending(component: "choices.json")
        try search.winner.choices.write(to: choices)
        return [choices]
      },
      show: {
        Output.print(search.table)
        Output.print("\nBest: \(search.winner.choices)")
      })
  }

  private static func show(_ event: MethodSearch.Event) {
    switch event {
    case .round(let round, let trials, let steps):
      Output.note("round \(round): \(trials) trials of \(steps) steps")
    case .trained(let trial):
      let score = trial.score.map { String(format: "%.3f", $0) } ?? "diverged"
      Output.note("  \(trial.choices): \(score)")
    }
  }
}
