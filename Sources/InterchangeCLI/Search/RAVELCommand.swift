import ArgumentParser
import Foundation
import Interchange

/// `interchange ravel`: which method finds the part of a vector that carries one attribute alone.
struct RAVELCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ravel",
    abstract: "Compare methods by RAVEL's scores of cause and isolation.",
    discussion: """
      A swap should bring the source's value of one attribute (Cause) and leave the others of the \
      base (Iso); Disentangle is the mean of both. Measured on entities and on prompts that the \
      methods haven't seen, with texts that the model answers right. Methods: \
      \(AttributeMethods.all.summaries).
      """)

  @OptionGroup var model: ModelArgument
  @Argument(help: "A folder with RAVEL's files, such as ravel_city_entity_attributes.json.")
  var data: String
  @Option(help: ArgumentHelp("At least two attributes.", valueName: "names"))
  var attributes = "Country,Continent,Language"
  @Option(help: ArgumentHelp("The methods to compare.", valueName: "names"))
  var methods = AttributeMethods.published.names
  @Option(
    help: ArgumentHelp(
      "The component, such as block_output or mlp_output.", valueName: "name"))
  var site = "block_output"
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      The layer, from 0. Of several, such as 4-8 or all, the one is taken where a swap of the whole \
      vector causes most on training pairs; by default of six over the depth.
      """, valueName: "n"))
  var layer: LayerOption?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The position that is swapped, such as entity, entity.end or -1.", valueName: "p"))
  var position = "entity.end"
  @OptionGroup var sampling: RAVELOptions
  @OptionGroup var choices: AttributeMethodOptions
  @OptionGroup var fit: FitOptions
  @Option(.count, "Fits from as many seeds, of methods that have any.") var seeds = 1
  @Flag(inversion: .prefixedNo, help: "Fit every method to a randomly initialized model, too.")
  var randomModel = true
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try types()
  }

  func run() throws {
    let types = try types()
    let ravel = try RAVEL(contentsOf: URL(userPath: data))
    let model = try model.load()
    let sites = try layers(of: model).map {
      try Site(named: site, layer: $0, head: nil, Positions(parsing: position))
    }
    var writer = try RunWriter(self, common, model)
    var comparison = AttributeComparison(site: sites[0], methods: types)
    comparison.choices = try choices.settings()
    comparison.training = fit.settings(seed: common.seed)
    (comparison.seeds, comparison.hasRandomModel) = (seeds, randomModel)
    let attributes = attributes.split(separator: ",").map(String.init)
    try comparison.validate(model, attributes: attributes)
    let judging = ProgressLine("texts that the model knows")
    let pairs = try AttributePairs(
      ravel, attributes: attributes, sampling: sampling.sampling(seed: common.seed),
      positions: sites[0].positions, for: model
    ) { judging.update($0, of: $1) }
    var choice: [AttributeComparison.SiteScore]?
    if sites.count > 1 {
      let choosing = ProgressLine("layers")
      let found = try AttributeComparison.causes(at: sites, of: model, on: pairs) {
        choosing.update($0, of: sites.count)
      }
      comparison.site = sites[found.best]
      choice = found.scores
    }
    writer.settings["layer"] = .integer(comparison.site.layer)
    let progress = FitProgressLines("ravel")
    let study = try RAVELStudy(
      comparison, of: model, on: pairs, choice: choice,
      store: storeOptions.store(for: [comparison.site]), progress: progress.show)
    try writer.finish(RunResults(study)) {
      Output.print(study.tables, remarks: study.remarks)
    }
  }

  /// The layers among which the site is chosen.
  private func layers(of model: LanguageModel) throws -> [Int] {
    try layer?.layers(of: model) ?? model.spreadLayers
  }

  private func types() throws -> [any AttributeMethod.Type] {
    try AttributeMethods.parsed(methods, among: AttributeMethods.all)
  }
}

/// The choice of RAVEL's pairs.
struct RAVELOptions: ParsableArguments {
  @Option(.counts(from: 2), "Entities of each part that the model is asked about.")
  var entities = RAVELSampling().entities
  @Option(.count, "Prompts of each attribute and part, at most.")
  var prompts = RAVELSampling().prompts
  @Option(
    .counts(from: AttributePairs.minimum),
    "Pairs to fit on, of each attribute, that cause and that leave.")
  var trainPairs = RAVELSampling().trainPairs
  @Option(
    .counts(from: AttributePairs.minimum),
    "Pairs to measure on, of each attribute and split, that cause and that leave.")
  var testPairs = RAVELSampling().testPairs

  func sampling(seed: UInt64) -> RAVELSampling {
    var sampling = RAVELSampling()
    (sampling.entities, sampling.prompts) = (entities, prompts)
    (sampling.trainPairs, sampling.testPairs, sampling.seed) = (trainPairs, testPairs, seed)
    return sampling
  }
}
