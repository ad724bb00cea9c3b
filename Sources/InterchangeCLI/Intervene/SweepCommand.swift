import ArgumentParser
import Foundation
import Interchange

/// `interchange sweep`: full-vector interchange over layer × position.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Intervene, by interchange if nothing else is said, over layers and positions.",
    discussion: """
      Metrics, of the patched base's output:
      \(OutputMetrics.all.map { "\($0.name): \($0.definition)" }.joined(separator: "\n"))

      Interventions:
      \(InterventionOptions.list)

      With --out every pair's outcome is kept as it is measured, in \(SweepJournal.fileName); a \
      sweep that was stopped goes on with --resume and ends in the numbers that it would have \
      had. Other layers, components and heads can be added that way, too.
      With several components or heads the maps of all stand side by side on one scale, such as \
      --site block_output,attention_output,mlp_output, or --site attention_value_output --head \
      all.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var task: TaskOptions
  @Option(help: ArgumentHelp("The component that is swapped, or several.", valueName: "names"))
  var site = "block_output"
  @OptionGroup var parts: HeadLayersOptions
  @Option(
    .count, "Adjacent layers that are changed together, about each layer; fewer at the ends.")
  var window = 1
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      The positions, a column each: 0-5, -3,-1, f3, l2, and names of spans, such as subject or \
      subject.end; all by default.
      """, valueName: "list"))
  var positions: String?
  @Option(
    help: ArgumentHelp(
      "What is measured: \(OutputMetrics.all.map(\.name).joined(separator: ", ")), or several.",
      valueName: "names"))
  var metric = "iia"
  @OptionGroup var intervention: InterventionOptions
  @Flag(help: "Go on with the sweep that an earlier run left in --out.") var resume = false
  @Option(.count, "How many pairs the sweep uses.") var limit = 32
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try places
    guard !resume || common.out != nil else { throw ValidationError("--resume needs --out.") }
    do { _ = try metrics } catch { throw ValidationError("--\(error)") }
    _ = try intervention.chosen
  }

  /// The metrics that are named, each once.
  private var metrics: [any OutputMetric] {
    get throws {
      let named = try metric.split(separator: ",", omittingEmptySubsequences: false).map {
        try OutputMetrics.named(String($0))
      }
      return named.indices.filter { index in
        !named[..<index].contains { $0.name == named[index].name }
      }.map { named[$0] }
    }
  }

  /// The places that are swapped.
  var places: ComponentPlaces { get throws { try ComponentPlaces(site, heads: parts.heads) } }

  func run() throws {
    let model = try model.load()
    let places = try places.resolved(in: model.network)
    let layers = try parts.layers.resolved(model.layers)
    var writer = try RunWriter(
      self, common, model, resumes: resume, writing: [SweepJournal.fileName])
    let journal = writer.folder.map {
      SweepJournal(
        $0.appending(component: SweepJournal.fileName), model: writer.identity?.identity ?? "",
        resumes: resume)
    }
    let store = storeOptions.store()
    let data = try task.data(for: model, store: store, seed: common.seed)
    writer.settings["pairs"] = .integer(data.count)
    let metrics = try metrics
    let sweeps = try places.enumerated().map { number, place in
      let progress = ProgressLine(
        places.count == 1
          ? "sweep" : place.component.rawValue + (place.head.map { " head \($0)" } ?? ""))
      return try model.sweep(
        data.train, component: place.component,
        head: place.head, layers: layers, window: window,
        positions: positions.map(SweepPosition.parsing),
        metrics: metrics, intervention: intervention.chosen, seed: common.seed, limit: limit,
        store: store, journal: journal,
        progress: { progress.update($0, of: $1) },
        estimating: { seconds in
          if number == 0 { Self.tell(seconds, places: places.count) }
        })
    }
    let results = SweepRuns(sweeps)
    try writer.finish(RunResults(results)) {
      Output.print(sweeps[0].check.line)
      for table in results.tables {
        if results.tables.count > 1 { Output.print("\n" + table.title) }
        Output.print(table)
      }
    }
  }

  /// Tells how long all of it takes at the rate of the first layer.
  private static func tell(_ seconds: Double, places: Int) {
    let all = seconds * Double(places)
    let time =
      all < 90 ? String(format: "%.0f s", max(1, all)) : String(format: "%.0f min", all / 60)
    Output.note(
      "about \(time) in all" + (places > 1 ? ", for \(places) maps" : "")
        + ", by the time of the first layer")
  }
}
