import ArgumentParser
import Interchange
import InterchangeBasics

/// The command line: a thin shell over the library.
@main
struct InterchangeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interchange",
    abstract: "Ask a neural network causal questions, and act on the answers.",
    discussion: """
      A MODEL is a GGUF file, a folder with config.json, weights and a tokenizer, or the name of a model \
      in the Hugging Face cache, such as gpt2; `fetch` downloads one.
      Exit codes: 0 done, 1 the work failed, 64 bad usage, 65 bad input.
      """,
    version: interchangeVersion,
    groupedSubcommands: [
      look, questions, intervene, attribute, search, tune, experiments, exchange, show, measure,
      models,
    ])

  static func main() {
    StandardStreams.prepare()
    Interruption.watch()
    do {
      var command = try parseAsRoot()
      if try !SavedCommand.write(Array(CommandLine.arguments.dropFirst())) { try command.run() }
      FolderLock.releaseAll()
    } catch {
      ExitStatus.leave(after: error)
    }
  }
}
