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
      A MODEL is a GGUF file, or a folder with config.json, safetensors and tokenizer.json.
      Exit codes: 0 done, 1 the work failed, 64 bad usage, 65 bad input.
      """,
    version: interchangeVersion,
    groupedSubcommands: [look, intervene, search, tune, exchange, show, measure])

  static func main() {
    StandardStreams.prepare()
    Interruption.watch()
    do {
      var command = try parseAsRoot()
      try command.run()
      FolderLock.releaseAll()
    } catch {
      ExitStatus.leave(after: error)
    }
  }
}
