import ArgumentParser
import Foundation
import Interchange

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
    subcommands: [
      InspectCommand.self, TokensCommand.self, PredictCommand.self, SwapCommand.self,
      AttentionCommand.self, SweepCommand.self, DASCommand.self, FinetuneCommand.self,
      SteerCommand.self,
      ImportCommand.self, ExportCommand.self, MergeCommand.self, CompareCommand.self,
      TuneCommand.self,
      ExamineCommand.self,
      EvaluateCommand.self, GenerateCommand.self, ChatCommand.self,
      FigureCommand.self, ReportCommand.self, BenchCommand.self, GrowthCommand.self,
      DemoCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      ExitStatus.leave(after: error)
    }
  }
}

/// What the exit codes mean.
enum ExitStatus: Int32 {
  case failed = 1
  case badUsage = 64
  case badInput = 65

  /// Prints one line for an error of the library and ends the program; usage errors and help are
  /// ArgumentParser's.
  static func leave(after error: any Error) -> Never {
    guard let status = status(of: error) else { InterchangeCommand.exit(withError: error) }
    let line = "\(error)".replacingOccurrences(of: "\n", with: " ")
    FileHandle.standardError.write(Data("interchange: \(line)\n".utf8))
    exit(status.rawValue)
  }

  private static func status(of error: any Error) -> ExitStatus? {
    switch error {
    case FigureError.cannotRead: .badInput
    case CheckpointError.unwritable, is FigureError, is LinearAlgebraError, is OutputError,
      AlignmentError.diverged, FineTuningError.diverged:
      .failed
    case is CheckpointError, is TokenizerError, is ModelError, is InterventionError,
      is AlignmentError, is FineTuningError, is CausalModelError, is RunRecordError:
      .badInput
    case is CocoaError, is POSIXError: .failed
    // What ArgumentParser knows has a code of its own; anything else gets its one line here.
    default: InterchangeCommand.exitCode(for: error) == .failure ? .failed : nil
    }
  }
}
