import ArgumentParser
import Foundation
import Interchange

/// `interchange chat`: a conversation on the terminal.
struct ChatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat", abstract: "Talk with a chat model, with any adapters.",
    discussion:
      "One message a line on standard input; an empty line or the end of the input ends it.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var adapters: SteeredAdapterOptions
  @Option(help: ArgumentHelp("The system message: told before all else.", valueName: "text"))
  var system: String?
  @Option(.countOrNone, "How many tokens at most in an answer.") var maxTokens = 256
  @Option(.temperature, "0 takes the likeliest token each time.", valueName: "t")
  var temperature = 0.0
  @OptionGroup var common: CommonOptions

  func run() throws {
    let model = try model.load()
    let adapted = try adapters.adapted(model)
    _ = try model.tokenizer.chatTemplate()
    var messages = system.map { [ChatMessage(.system, $0)] } ?? []
    let isTerminal = isatty(STDIN_FILENO) == 1
    var options = GenerationOptions(
      maximumTokens: maxTokens, temperature: temperature, seed: common.seed,
      stopTokens: try PromptTemplate.chat().stopTokens(model.tokenizer))
    while true {
      if isTerminal { Output.progress("> ") }
      guard let line = readLine(), !line.allSatisfy(\.isWhitespace) else { break }
      messages.append(ChatMessage(.user, line))
      let prompt = try model.tokenizer.encode(messages)
      let text = try adapted.stream(prompt, options: options) { common.show($0) }
      if !common.json { Output.print("") }
      options.seed &+= 1
      messages.append(ChatMessage(.assistant, text))
    }
    if common.json { try Output.print(json: messages) }
  }
}
