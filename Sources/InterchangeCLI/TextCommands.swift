import ArgumentParser
import Foundation
import Interchange

/// `interchange tokens`: how a text is cut into tokens.
struct TokensCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens", abstract: "Show the tokens of a text.")

  @OptionGroup var model: ModelArgument
  @Option(help: "The text.") var text: String
  @OptionGroup var common: CommonOptions

  private struct Result: Encodable {
    let ids: [Int]
    let tokens: [String]
  }

  func run() throws {
    let model = try model.load()
    let ids = model.encode(text).ids
    let tokens = ids.map { model.tokenizer.token($0) }
    if common.json { return try Output.print(json: Result(ids: ids, tokens: tokens)) }
    Output.print(
      Output.table(
        zip(ids, ids.map(model.label)).enumerated().map { ["\($0)", "\($1.0)", $1.1] },
        header: ["position", "id", "token"]))
  }
}

/// The next-token predictions that `predict` and `swap` print.
struct PredictionResult: Encodable {
  struct Touched: Encodable {
    let position: Int
    let token: String
  }

  let ids: [Int]
  let top: [Prediction]
  var touched: [Touched]?

  func show(_ model: LanguageModel, json: Bool) throws {
    if json { return try Output.print(json: self) }
    if let touched {
      Output.print(
        "patched: " + touched.map { "\($0.position) \($0.token)" }.joined(separator: ", "))
    }
    Output.print(
      Output.table(
        top.map { prediction in
          [
            "\(prediction.id)", model.label(of: prediction.id),
            String(format: "%.3f", prediction.logit),
            String(format: "%.4f", prediction.probability),
          ]
        }, header: ["id", "token", "logit", "probability"]))
  }
}

/// `interchange predict`: the likeliest next tokens.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Show the likeliest next tokens after a text.")

  @OptionGroup var model: ModelArgument
  @Option(help: "The text.") var text: String
  @Option(help: ArgumentHelp("How many tokens to show.", valueName: "k")) var top = 5
  @OptionGroup var common: CommonOptions

  func run() throws {
    let model = try model.load()
    let logits = try model.logits(after: text)
    try PredictionResult(ids: model.encode(text).ids, top: model.top(top, of: logits))
      .show(model, json: common.json)
  }
}

/// `interchange swap`: one interchange.
struct SwapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swap",
    abstract: "Run a text with a hidden vector taken from another text.",
    discussion: "Sites and positions mean the same in base and source.")

  @OptionGroup var model: ModelArgument
  @Option(help: "The text that is run.") var base: String
  @Option(help: "The text that the vector is taken from.") var source: String
  @OptionGroup var site: SiteOptions
  @Option(help: ArgumentHelp("How many tokens to show.", valueName: "k")) var top = 5
  @OptionGroup var common: CommonOptions

  func run() throws {
    let site = try site.resolved()
    let model = try model.load()
    let swap = try model.interchange(at: site, base: base, source: source)
    var result = PredictionResult(ids: swap.base.ids, top: model.top(top, of: swap.logits))
    result.touched = swap.positions.map {
      .init(position: $0, token: model.tokenizer.token(swap.base.ids[$0]))
    }
    try result.show(model, json: common.json)
  }
}

/// `interchange generate`: continue a prompt.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Continue a prompt.")

  @OptionGroup var model: ModelArgument
  @Option(help: "The prompt.") var prompt: String
  @Option(help: ArgumentHelp("How many tokens at most.", valueName: "n")) var maxTokens = 64
  @Option(help: ArgumentHelp("0 takes the likeliest token each time.", valueName: "t"))
  var temperature = 0.0
  @OptionGroup var adapters: AdapterOptions
  @OptionGroup var common: CommonOptions

  private struct Result: Encodable {
    let prompt: [Int]
    let text: String
  }

  func run() throws {
    let model = try model.load()
    let adapted = try adapters.adapted(model)
    let stop = Set([model.tokenizer.endOfSequence].compactMap { $0 })
    let options = GenerationOptions(
      maximumTokens: maxTokens, temperature: temperature, seed: common.seed, stopTokens: stop)
    let ids = model.encode(prompt).ids
    let text = try adapted.stream(ids, options: options, silent: common.json)
    if common.json { try Output.print(json: Result(prompt: ids, text: text)) }
  }
}

/// `interchange inspect`: what a model is made of.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show a model's architecture, sizes and sites.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var common: CommonOptions

  func run() throws {
    let model = try model.load()
    let description = try model.summary()
    if common.json { return try Output.print(json: description) }
    Output.print(
      Output.table(
        [
          ["path", description.path], ["architecture", description.architecture],
          ["identity", description.identity], ["parameters", "\(description.parameters)"],
          ["layers", "\(description.layers)"], ["width", "\(description.width)"],
          ["vocabulary", "\(description.vocabulary)"],
          ["context", "\(description.context)"],
        ], header: ["", ""]))
    Output.print("")
    Output.print(
      Output.table(
        description.sites.map { ["\($0.name)", "\($0.width)", $0.heads.map { "\($0)" } ?? "-"] },
        header: ["site", "width", "heads"]))
  }
}
