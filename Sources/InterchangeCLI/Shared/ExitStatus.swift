import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

/// The meaning of the exit codes.
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

  static func status(of error: any Error) -> ExitStatus? {
    if let error = error as? any ClassifiedError {
      return switch error.failure {
      case .badInput: .badInput
      case .failed: .failed
      }
    }
    // An error that ArgumentParser knows has a code of its own; anything else gets its one line here.
    return InterchangeCommand.exitCode(for: error) == .failure ? .failed : nil
  }
}

// The library's errors; one from outside conforms where it is declared.
extension TokenizerError: ClassifiedError {}
extension ModelError: ClassifiedError {}
extension InterventionError: ClassifiedError {}
extension CausalModelError: ClassifiedError {}
extension DatasetError: ClassifiedError {}
extension RunRecordError: ClassifiedError {}
extension FileSystemError: ClassifiedError { public var failure: Failure { .failed } }
extension LinearAlgebraError: ClassifiedError { public var failure: Failure { .failed } }
extension CheckpointError: ClassifiedError {
  public var failure: Failure { if case .unwritable = self { .failed } else { .badInput } }
}
extension AlignmentError: ClassifiedError {
  public var failure: Failure { if case .diverged = self { .failed } else { .badInput } }
}
extension FineTuningError: ClassifiedError {
  public var failure: Failure { if case .diverged = self { .failed } else { .badInput } }
}
extension FigureError: ClassifiedError {
  public var failure: Failure { if case .cannotRead = self { .badInput } else { .failed } }
}
extension OutputError: ClassifiedError { var failure: Failure { .failed } }
