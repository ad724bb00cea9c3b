import ArgumentParser
import Interchange

/// `interchange sweep`: full-vector interchange over layer × position.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Interchange over all layers and positions of a task.",
    discussion: """
      With several components or heads the maps of all stand side by side on one scale, such as \
      --site block_output,attention_output,mlp_output, or --site attention_value_output --head all.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var task: TaskOptions
  @Option(help: ArgumentHelp("The component that is swapped, or several.", valueName: "names"))
  var site = "block_output"
  @Option(
    help: ArgumentHelp(
      "One head's part of the vector, several such as 0,3 or 0-8, or all.", valueName: "heads"))
  var head: String?
  @Option(.count, "How many pairs the sweep uses.") var limit = 32
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try head.map { try LayerSelection(heads: $0) }
    _ = try components
  }

  /// The components that are named, each once.
  private var components: [Component] {
    get throws {
      let named = try site.split(separator: ",", omittingEmptySubsequences: false).map { name in
        // A name that is for single heads has to be given one; which ones is seen when the model is
        // there.
        try Site(named: String(name), layer: 0, head: head == nil ? nil : 0, .all).component
      }
      return named.indices.filter { !named[..<$0].contains(named[$0]) }.map { named[$0] }
    }
  }

  /// The places that are swapped, one after another.
  func places(in model: Model) throws -> [(component: Component, head: Int?)] {
    try components.flatMap { component in
      guard let head else {
        try model.validate(component, layer: 0)
        return [(component, Int?.none)]
      }
      return try LayerSelection(heads: head).resolvedHeads(component, of: model).map {
        (component, $0)
      }
    }
  }

  func run() throws {
    let model = try model.load()
    let places = try places(in: model.network)
    var writer = try RunWriter(self, common, model)
    let store = storeOptions.store()
    let data = try task.data(for: model, store: store, seed: common.seed)
    writer.settings["pairs"] = .integer(data.count)
    let sweeps = try places.map { place in
      let progress = ProgressLine(
        places.count == 1
          ? "sweep" : place.component.rawValue + (place.head.map { " head \($0)" } ?? ""))
      return try model.sweep(
        data.train, component: place.component,
        head: place.head, limit: limit, store: store
      ) { progress.update($0, of: $1) }
    }
    let results = SweepRuns(sweeps)
    try writer.finish(RunResults(results)) {
      Output.print(sweeps[0].check.line)
      for table in results.tables { Output.print(table) }
    }
  }
}
