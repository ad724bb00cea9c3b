import ArgumentParser
import Foundation
import Interchange

/// `interchange train-features`: a sparse autoencoder of a site's vectors.
struct TrainFeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-features",
    abstract: "Train a sparse autoencoder on a site's vectors over texts.",
    discussion: """
      The vectors of all positions are gathered first. A part of the texts is held out: the share of \
      their vectors' variance that the features explain is printed. Vectors more than 10 \
      times as far from the geometric median as the median vector are left out of both, and counted. \
      --out gets sae_weights.safetensors and cfg.json as SAELens has them, for features, mask and \
      SAELens.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: ArgumentHelp("A file with a text in each line.", valueName: "file"))
  var texts: String
  @Option(help: ArgumentHelp("The component, such as block_output.", valueName: "name"))
  var site = "block_output"
  @Option(.place, "The layer, from 0.") var layer: Int
  @Option(.counts(from: 1, to: 1_000_000), "How many features.") var features = 1024
  @Option(
    .count, "Features of a vector that are kept, without --penalty; by default 16.", valueName: "k")
  var active: Int?
  @Option(
    .strength, "ReLU with this weight of the features' sum, in the place of --active.",
    valueName: "weight")
  var penalty: Double?
  @Option(.count, "Steps of the training.") var steps = 1000
  @Option(.count, "Vectors in a step.") var batch = 512
  @Option(.rate, "The highest rate.", valueName: "rate") var learningRate = 1e-3
  @Option(.part, "The share of the texts that is held out.", valueName: "share")
  var testShare = 0.1
  @Option(.countOrNone, "Positions at the beginning of each text that are left out.")
  var skip = 1
  @Option(.count, "Vectors at which gathering ends.") var maxRows = 100_000
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard active == nil || penalty == nil else {
      throw ValidationError("give either --active or --penalty.")
    }
  }

  private var training: SparseAutoencoderTraining {
    var training =
      penalty.map {
        SparseAutoencoderTraining(
          features: features, penalty: $0, steps: steps, rate: learningRate, seed: common.seed)
      }
      ?? SparseAutoencoderTraining(
        features: features, active: active ?? min(16, features), steps: steps, rate: learningRate,
        seed: common.seed)
    training.batchSize = batch
    return training
  }

  func run() throws {
    let model = try model.load()
    var study = AutoencoderStudy(
      site: try Site(named: site, layer: layer, head: nil, .all), training: training)
    (study.heldOutShare, study.skipping, study.maximumRows) = (testShare, skip, maxRows)
    try study.training.validate()
    _ = try model.width(of: study.site)
    let lines = try TextLines.read(URL(userPath: texts))
    let writer = try RunWriter(self, common, model, writing: SAELensLayout.fileNames)
    let (gathering, fitting) = (ProgressLine("texts"), FitProgressLines("training"))
    let (autoencoder, result) = try study.run(
      model, over: lines, gathering: { gathering.update($0, of: $1) }, fitting: fitting.show)
    try writer.finish(
      RunResults(result),
      files: { folder in
        try SAELensLayout.write(
          autoencoder,
          about: [
            "model_name": .string(writer.identity?.identity ?? ""),
            "hook_name": .string(study.site.description),
          ], to: folder)
      },
      show: {
        for table in result.tables {
          Output.print([table.title, table.note].joined(separator: " "))
          Output.print(table)
        }
      })
  }
}
