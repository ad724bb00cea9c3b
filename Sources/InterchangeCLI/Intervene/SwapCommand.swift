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

      Interventions:
      \(InterventionOptions.list)
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: "The text that is run.") var base: String
  @Option(help: "The text that the vector is taken from, where the intervention reads one.")
  var source: String?
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
      guard source != nil else {
        throw ValidationError("--source is needed: \(chosen) reads another text.")
      }
    } else {
      let given: [(String, Any?)] = [
        ("--source", source), ("--source-site", sourceSite), ("--source-layer", sourceLayer),
        ("--source-position", site.place.sourcePosition),
      ]
      if let (name, _) = given.first(where: { $0.1 != nil }) {
        throw ValidationError("\(name): \(chosen) reads no other text.")
      }
    }
  }

  func run() throws {
    let model = try model.load()
    let sites = try site.resolved(in: model)
    let swap = try model.intervention(
      intervention.chosen, at: sites, base: base, source: source, readAt: readSite(sites),
      sourcePositions: site.place.sourcePositions, seed: common.seed)
    try SwapResult(swap, try swap.compared(top: top), model).show(model, json: common.json)
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
