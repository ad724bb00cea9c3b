import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

/// The meaning of the exit codes.
enum ExitStatus: Int32 {
  case failed = 1
  case badUsage = 64
  case badInput = 65

  /// Prints one line for an error, or the help that was asked for, and ends the program.
  static func leave(after error: any Error) -> Never {
    FolderLock.releaseAll()
    guard let status = status(of: error) else { leave(afterUsage: error) }
    var line = words(error).replacingOccurrences(of: "\n", with: " ")
    if case FineTuningError.interrupted = error {
      line += "; the same command with --resume goes on from there"
    }
    // What a file has in the place of a name may be as long as the file.
    if line.count > 2000 { line = "\(line.prefix(1500)) … \(line.suffix(300))" }
    Output.note("interchange: \(line)")
    if case FineTuningError.interrupted = error { Interruption.endIfReceived() }
    exit(status.rawValue)
  }

  /// An error in a sentence; Foundation's are told by their file and the system's reason.
  private static func words(_ error: any Error) -> String {
    guard let cocoa = error as? CocoaError else { return "\(error)" }
    let file = cocoa.filePath ?? cocoa.url?.path
    let code = (cocoa.underlying as? POSIXError)?.code.rawValue
    let system = code.map { String(cString: strerror($0)) }
    return [file, system ?? cocoa.localizedDescription].compactMap { $0 }.joined(separator: ": ")
  }

  /// ArgumentParser's errors and help.
  private static func leave(afterUsage error: any Error) -> Never {
    let code = InterchangeCommand.exitCode(for: error)
    let text = InterchangeCommand.fullMessage(for: error)
    guard !code.isSuccess else {
      if !text.isEmpty { Output.print(text) }
      exit(code.rawValue)
    }
    // Error, usage and where help is, in a line.
    let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    let isOpen = lines.count > 1 && lines[0].last.map { !".?!".contains($0) } ?? false
    Output.note(
      (lines.prefix(1).map { isOpen ? $0 + "." : $0 } + lines.dropFirst()).joined(separator: " "))
    exit(code.rawValue)
  }

  static func status(of error: any Error) -> ExitStatus? {
    if let error = error as? any ClassifiedError {
      return switch error.failure {
      case .badInput: .badInput
      case .failed: .failed
      }
    }
    // An error that ArgumentParser knows has a code of its own; anything else gets its one line
    // here.
    return InterchangeCommand.exitCode(for: error) == .failure ? .failed : nil
  }
}

// The library's errors; one from outside conforms where it is declared.
extension TokenizerError: ClassifiedError {}
extension ModelError: ClassifiedError {}
extension InterventionError: ClassifiedError {}
extension CausalModelError: ClassifiedError {}
extension ExpressionError: ClassifiedError {}
extension DocumentError: ClassifiedError {}
extension DatasetError: ClassifiedError {}
extension RunRecordError: ClassifiedError {}
extension ExperimentError: ClassifiedError {}
extension FileSystemError: ClassifiedError { public var failure: Failure { .failed } }
extension LinearAlgebraError: ClassifiedError { public var failure: Failure { .failed } }
extension CheckpointError: ClassifiedError {
  public var failure: Failure { if case .unwritable = self { .failed } else { .badInput } }
}
extension AlignmentError: ClassifiedError {
  public var failure: Failure { if case .diverged = self { .failed } else { .badInput } }
}
extension FineTuningError: ClassifiedError {
  public var failure: Failure {
    switch self {
    case .diverged, .collapsed, .interrupted: .failed
    default: .badInput
    }
  }
}
extension MemoryError: ClassifiedError {}
extension SweepJournalError: ClassifiedError {}
extension FigureError: ClassifiedError {
  public var failure: Failure {
    switch self {
    case .cannotRead, .doesNotFit, .notComparable: .badInput
    default: .failed
    }
  }
}
extension OutputError: ClassifiedError { var failure: Failure { .failed } }
