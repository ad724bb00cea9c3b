import ArgumentParser
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
    let rows = zip(ids, ids.map(model.label)).enumerated().map { ["\($0)", "\($1.0)", $1.1] }
    Output.print(ResultTable(header: ["position", "id", "token"], rows: rows))
  }
}
