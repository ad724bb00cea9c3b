import ArgumentParser
import Interchange

/// `interchange heads`: heads by what they look at and what they write.
struct HeadsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "heads",
    abstract: "Find previous-token, duplicate-token, induction and copying heads.",
    discussion: """
      What heads look at is measured on random tokens that are repeated once, or on --text; copying \
      and composition follow from the weights. With --out, maps over layers and heads.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: "A text in the place of random tokens.") var text: String?
  @Option(.counts(from: 1, to: 10_000), "How many sequences of random tokens.")
  var sequences = HeadDetectionSettings().sequences
  @Option(.counts(from: 2, to: 100_000), "How many random tokens each has before their repetition.")
  var tokens = HeadDetectionSettings().tokens
  @Flag(help: "Leave composition scores out, which take the longest.")
  var withoutComposition = false
  @Option(.counts(from: 1, to: 1000), "How many heads of each kind are shown.", valueName: "k")
  var top = 3
  @OptionGroup var common: CommonOptions

  func run() throws {
    let model = try model.load()
    let writer = try RunWriter(self, common, model)
    var settings = HeadDetectionSettings()
    (settings.sequences, settings.tokens) = (sequences, tokens)
    (settings.composition, settings.seed) = (!withoutComposition, common.seed)
    settings.pairs = max(top, settings.pairs)
    let lines = ["sequences": ProgressLine("sequences"), "layers": ProgressLine("composition")]
    let detection = try model.headDetection(settings, on: text) { kind, done in
      lines[kind]?.update(done, of: kind == "layers" ? model.layers : text == nil ? sequences : 1)
    }
    try writer.finish(RunResults(detection)) {
      Output.print(detection.table(top))
      guard let composition = detection.composition else { return }
      for table in [composition.table, composition.pairTable(top)] {
        Output.print("\n" + table.title)
        Output.print(table)
      }
    }
  }
}
