import ArgumentParser
import Foundation
import Interchange

extension SubspaceUse: ExpressibleByArgument {}

/// `interchange finetune`: LoReFT on prompt → completion pairs.
struct FinetuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "finetune", abstract: "Train LoReFT on prompt and completion pairs.",
    discussion: "--data is a file of JSON lines, each {\"prompt\": …, \"completion\": …}.")

  @OptionGroup var model: ModelArgument
  @Option(help: ArgumentHelp("JSON lines with prompt and completion.", valueName: "file"))
  var data: String
  @OptionGroup var site: SiteOptions
  @Option(help: ArgumentHelp("Dimensions of the subspace.", valueName: "k")) var rank = 4
  @Option(help: ArgumentHelp("A rotation.safetensors that `das` wrote.", valueName: "file"))
  var subspace: String?
  @Option(help: "How the saved subspace is used: start, fixed or constrained.")
  var use = SubspaceUse.start
  @Option(help: ArgumentHelp("Passes over the data.", valueName: "n")) var epochs = 10
  @Option(help: ArgumentHelp("Pairs in a step.", valueName: "n")) var batch = 16
  @Option(help: ArgumentHelp("The rate after warm-up.", valueName: "rate")) var learningRate = 4e-3
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  private struct Result: Encodable {
    let parameters: Int
    let parameterShare: Double
    let lossBefore: Double
    let lossAfter: Double
    let losses: [Double]
  }

  func run() throws {
    let site = try site.resolved()
    guard epochs >= 1, batch >= 1, learningRate > 0, learningRate.isFinite else {
      throw ValidationError("--epochs and --batch must be at least 1, --learning-rate above 0.")
    }
    let pairs = try TaskExample.read(data).map { try $0.pair() }
    let model = try model.load()
    let rotation = try rotation(width: model.model.width(of: site))
    let writer = try RunWriter("finetune", common, model)
    let adapted = try AdaptedModel(
      model, [PlacedIntervention(ReFT(rotation: rotation), at: site)])
    let parameters = adapted.parameters.reduce(0) { $0 + $1.value.count }
    let share = Double(parameters) / Double(model.model.architecture.parameterCount)
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (epochs, batch, learningRate)
    settings.seed = common.seed
    let tuner = FineTuner(settings: settings)
    let store = storeOptions.store()
    let before = try tuner.loss(adapted, on: pairs, store: store)
    Output.note(
      String(format: "%d trainable parameters, %.4f %% of the base", parameters, 100 * share))
    let progress = ProgressLine("finetune")
    let history = try tuner.train(adapted, on: pairs, store: store) {
      progress.update($0.step, of: $0.steps, detail: String(format: "loss %.3f", $0.loss))
    }
    let losses = history.losses
    let after = try tuner.loss(adapted, on: pairs, store: store)
    let run = FineTuningRun(
      method: "LoReFT", site: site.description, rank: rotation.rank, parameters: parameters,
      parameterShare: share, losses: losses, effects: [])
    try writer.write(writer.record(RunRecord.Results(fineTuning: run))) { folder in
      try adapted.write(to: folder)
      return [folder.appending(component: "adapter.safetensors")]
    }
    if common.json {
      return try Output.print(
        json: Result(
          parameters: parameters, parameterShare: share, lossBefore: before, lossAfter: after,
          losses: losses))
    }
    Output.print(String(format: "loss %.4f → %.4f in %d steps", before, after, losses.count))
  }

  private func rotation(width: Int) throws -> Rotation {
    guard let subspace else { return try .random(rank: rank, width: width, seed: common.seed) }
    let url = URL(fileURLWithPath: (subspace as NSString).expandingTildeInPath)
    let saved = try Rotation.read(contentsOf: url).0
    guard saved.width == width else {
      throw InterventionError.widthMismatch(name: url.path, expected: saved.width, found: width)
    }
    return switch use {
    case .start: saved.copy(isTrained: true)
    case .fixed: saved.copy(isTrained: false)
    case .constrained: try saved.within(rank: rank, seed: common.seed)
    }
  }
}
