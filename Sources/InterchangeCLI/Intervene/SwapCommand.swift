import ArgumentParser
import Interchange

/// `interchange swap`: one intervention on a text.
struct SwapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swap",
    abstract: "Run a text with a hidden vector changed: by another text's, or in another way.",
    discussion: """
      Shows the likeliest outputs of the base, the source and the patched base side by side, by \
      their patched logit. The logit difference is of the source's answer and the base's; the \
      part of the way is 0 % as in the base and 100 % as in the source. Positions mean the same \
      in base and source, unless --source-position says otherwise. With several layers and \
      --source-layer one state of the source is written into all of them.
      With several --source each has a place of its own, in one run: --layer, --position and \
      --source-position are one for all or a list with one for each, such as \
      --source A --source B --layer 10 --position 4,7.

      Interventions:
      \(InterventionOptions.list)
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: "The text that is run.") var base: String
  @Option(
    help: """
      The text that the vector is taken from, where the intervention reads one; several times for \
      as many places.
      """)
  var source: [String] = []
  @OptionGroup var site: SiteOptions
  @OptionGroup var intervention: InterventionOptions
  @Option(
    help: ArgumentHelp(
      "The component that is read in the source; by default the one that is changed.",
      valueName: "name"))
  var sourceSite: String?
  @Option(.place, "The layer that is read in the source; by default the one that is changed.")
  var sourceLayer: Int?
  @Option(.count, "How many outputs of each run to show.", valueName: "k") var top = 5
  @OptionGroup var common: CommonOptions

  func validate() throws {
    let chosen = try intervention.chosen
    if chosen.readsAnotherText {
      guard !source.isEmpty else {
        throw ValidationError("--source is needed: \(chosen) reads another text.")
      }
    } else {
      let given: [(String, Any?)] = [
        ("--source", source.first), ("--source-site", sourceSite), ("--source-layer", sourceLayer),
        ("--source-position", site.place.sourcePosition),
      ]
      if let (name, _) = given.first(where: { $0.1 != nil }) {
        throw ValidationError("\(name): \(chosen) reads no other text.")
      }
    }
    if source.count > 1 { _ = try layersOfSources }
  }

  func run() throws {
    let model = try model.load()
    let swap: TextIntervention
    if source.count > 1 {
      swap = try model.intervention(
        intervention.chosen, at: sourcedSites(in: model), base: base)
    } else {
      let sites = try site.resolved(in: model)
      swap = try model.intervention(
        intervention.chosen, at: sites, base: base, source: source.first, readAt: readSite(sites),
        sourcePositions: site.place.sourcePositions, seed: common.seed)
    }
    try SwapResult(swap, top: top, model).show(model, json: common.json)
  }

  /// A value for each source, of one for all or a list.
  private func forSources<Value>(_ values: [Value], _ option: String) throws -> [Value] {
    guard values.count == source.count else {
      guard values.count == 1 else {
        throw ValidationError(
          "\(option): expected one, or one for each of \(source.count) sources, got "
            + "\(values.count)")
      }
      return source.map { _ in values[0] }
    }
    return values
  }

  /// The layer of each source, in the order in which they are given.
  private var layersOfSources: [Int] {
    get throws {
      guard case .layers(let layers) = site.layer.selection else {
        throw ValidationError("--layer: expected a layer for each --source, got all")
      }
      return try forSources(layers, "--layer")
    }
  }

  /// The place of each of several sources.
  private func sourcedSites(in model: LanguageModel) throws -> [SourcedSite] {
    func positions(_ text: String, _ option: String) throws -> [Positions] {
      try forSources(
        text.split(separator: ",", omittingEmptySubsequences: false).map {
          Positions(parsing: String($0))
        }, option)
    }
    let written = try positions(site.place.position, "--position")
    let read =
      try site.place.sourcePosition.map { try positions($0, "--source-position") } ?? written
    return try layersOfSources.enumerated().map { place, layer in
      let own = layer < 0 ? model.layers + layer : layer
      return SourcedSite(
        try Site(named: site.site, layer: own, head: site.place.head, written[place]),
        from: source[place],
        readAt: try Site(
          named: sourceSite ?? site.site, layer: sourceLayer ?? own, head: site.place.head,
          read[place]))
    }
  }

  /// The place that is read in the source; nil where it is the one that is changed.
  private func readSite(_ sites: [Site]) throws -> Site? {
    guard sourceSite != nil || sourceLayer != nil else { return nil }
    guard let layer = sourceLayer ?? (sites.count == 1 ? sites[0].layer : nil) else {
      throw ValidationError("--source-site with several layers needs --source-layer.")
    }
    return try Site(
      named: sourceSite ?? site.site, layer: layer, head: site.place.head,
      site.place.sourcePositions ?? site.place.positions)
  }
}
