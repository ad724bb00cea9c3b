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
    parsing: .unconditional,
    help: ArgumentHelp(
      "The position that is swapped, such as entity, entity.end or -1.", valueName: "p"))
  var position = "entity.end"
  @OptionGroup var sampling: RAVELOptions
  @OptionGroup var options: AttributeComparisonOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try types()
  }

  func run() throws {
    let types = try types()
    let ravel = try RAVEL(contentsOf: URL(userPath: data))
    let model = try model.load()
    let comparison = try options.comparison(
      of: model, types, position: position, seed: common.seed)
    let writer = try RunWriter(self, common, model)
    let attributes = attributes.split(separator: ",").map(String.init)
    try comparison.validate(model, attributes: attributes)
    let judging = ProgressLine("texts that the model knows")
    let pairs = try AttributePairs(
      ravel, attributes: attributes, sampling: sampling.sampling(seed: common.seed),
      positions: comparison.sites[0].positions, for: model
    ) { judging.update($0, of: $1) }
    let progress = FitProgressLines("ravel")
    let study = try RAVELStudy(
      comparison, of: model, on: pairs, store: { options.storeOptions.store(for: $0) },
      progress: progress.show)
    try writer.finish(RunResults(study)) {
      Output.print(study.tables, remarks: study.remarks)
    }
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
