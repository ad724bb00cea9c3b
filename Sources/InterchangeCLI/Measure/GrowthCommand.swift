import ArgumentParser
import Interchange

/// `interchange growth`: how the cost of a DAS step grows.
struct GrowthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "growth",
    abstract: "Measure how a DAS step's time grows, beside what the cone predicts.",
    discussion: "By layer, position, batch, rank and the model's width, one figure each.")

  @OptionGroup var model: ModelArgument
  @Option(.count, "Sequences in a step.") var batch = 16
  @Option(.count, "Tokens of a sequence.") var length = 64
  @Option(.place, "The edited layer, from 0.") var layer = 15
  @Option(.count, "Dimensions of the subspace.", valueName: "k") var rank = 16
  @Option(.count, "Steps that are timed at each point.") var steps = 9
  @OptionGroup var common: CommonOptions

  func run() throws {
    let model = try model.load()
    let writer = try RunWriter(self, common, model)
    var benchmark = Benchmark()
    (benchmark.batch, benchmark.length, benchmark.layer) = (batch, length, layer)
    (benchmark.rank, benchmark.steps, benchmark.seed) = (rank, steps, common.seed)
    let growth = try CostGrowth(model, benchmark) { Output.note($0) }
    try writer.finish(RunResults(growth)) {
      for table in growth.tables { Output.print(table.aligned + "\n") }
    }
  }
}
