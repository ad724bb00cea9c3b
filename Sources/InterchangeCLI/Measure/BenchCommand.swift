import ArgumentParser
import Foundation
import Interchange

extension Benchmark.Work: ExpressibleByArgument {}

/// `interchange bench`: how fast this machine does the published workloads.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure a workload on random tokens.",
    discussion: """
      forward: a forward pass with all logits. das: a training step of DAS. fit: a whole DAS fit. \
      sweep: all layers × the last 8 positions. loreft: a training step, all layers, f7+l7. \
      lora: a training step, queries and values of all layers; with --data both time whole epochs. \
      generate: greedy decoding, seconds a token. gemm: the machine's float32 peak (no MODEL).
      """)

  @Argument(help: "What is measured.") var what: Benchmark.Work
  @Argument(help: ModelArgument.help) var model: String?
  @OptionGroup var form: WeightOptions
  @Option(.count, "Sequences in a step.") var batch = 16
  @Option(.count, "Tokens of a sequence.") var length = 64
  @Option(.place, "The edited layer, from 0.") var layer = 15
  @Option(
    parsing: .unconditional, help: ArgumentHelp("The edited position.", valueName: "p"))
  var position = "-1"
  @Option(.count, "Dimensions; 16 for DAS, 8 for LoReFT and LoRA.", valueName: "k")
  var rank: Int?
  @Option(.count, "Steps that are timed.") var steps = 20
  @Option(.count, "Pairs of a data set (fit: 128, sweep: 16).") var pairs: Int?
  @Option(.count, "Passes over the data set (fit).") var epochs = 10
  @Option(
    help: ArgumentHelp(
      "Texts to train on instead of random tokens (loreft, lora): .json, .jsonl, .csv or .tsv.",
      valueName: "path"))
  var data: String?
  @Flag(help: "Compute blocks again in the backward pass (loreft, lora).") var recompute = false
  @OptionGroup var store: StoreOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard data == nil || what == .loreft || what == .lora else {
      throw ValidationError("--data is for loreft and lora.")
    }
    guard what == .gemm || model != nil else {
      throw ValidationError("bench \(what.rawValue) needs a MODEL.")
    }
  }

  func run() throws {
    var result: BenchmarkResult
    if what == .gemm {
      result = Benchmark.gemm(steps: steps)
    } else {
      guard let model else { throw ValidationError("bench \(what.rawValue) needs a MODEL.") }
      var benchmark = Benchmark()
      (benchmark.batch, benchmark.length, benchmark.layer) = (batch, length, layer)
      benchmark.position = Positions(parsing: position)
      benchmark.rank = rank ?? (what == .loreft || what == .lora ? 8 : 16)
      (benchmark.steps, benchmark.pairs, benchmark.epochs) = (steps, pairs, epochs)
      benchmark.recomputesBlocks = recompute
      benchmark.texts = try data.map { try DataSource($0).examples().map { try $0.pair() } }
      (benchmark.seed, benchmark.activationMemory) = (common.seed, store.activationMemory)
      benchmark.activationPrecision = store.activationStorage
      result = try benchmark.run(
        what, LanguageModel(contentsOf: model, weights: form.weights))
      result.weights = form.weights.rawValue
    }
    if common.json { return try Output.print(json: result) }
    Output.print(
      String(
        format:
          "%@: median %.4f s, least %.4f s, %d steps, peak %.0f MiB, %.0f minor faults a step",
        result.what, result.medianSeconds, result.minimumSeconds, result.steps, result.peakMemory,
        result.minorFaultsPerStep)
        + (result.gflops.map { String(format: ", %.0f GFLOP/s", $0) } ?? "")
        + (result.firstPassSeconds.map { String(format: ", first pass %.2f s", $0) } ?? ""))
  }
}
