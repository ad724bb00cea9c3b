import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

/// The command of a record, run again and compared with it.
struct RepeatedRun {
  private let record: RunRecord
  private let path: String
  private let words: CommandWords

  init(_ record: RunRecord, path: String) throws {
    (self.record, self.path) = (record, path)
    guard let command = try CommandDefinition.named(record.command),
      record.arguments.first == record.command
    else {
      throw ValidationError("\(path): '\(record.command)' is no command that can be run again.")
    }
    words = CommandWords(Array(record.arguments.dropFirst()), of: command)
  }

  /// Runs the command with the record's words but for the form of its output.
  ///
  /// - Throws: a usage error when the model isn't the record's; `ChangedNumbers` when other numbers
  ///   came out; the errors of the command.
  func run(out: String?, json: Bool) throws {
    let models = LoadedModels()
    if let model = words.values("model")?.first, let recorded = record.model {
      let identity = try models.identity(model)
      guard identity == recorded.identity else {
        throw ValidationError(
          "\(model): the weights' hash is \(identity), the record's is \(recorded.identity).")
      }
    }
    if record.version != interchangeVersion {
      Output.note("note: the record is of version \(record.version), this is \(interchangeVersion)")
    }
    let context = CommandContext(words.plain, models: models, isSilent: false)
    var command = try InterchangeCommand.parseAsRoot(
      words.plain + (out.map { ["--out", $0] } ?? []) + (json ? ["--json"] : []))
    try CommandContext.$current.withValue(context) { try command.run() }
    guard let again = context.record else { return }
    let kinds = try again.results.numbers().differences(from: record.results.numbers()).map(\.name)
    guard kinds.isEmpty else {
      throw ChangedNumbers(
        description: "\(path): other numbers came out in " + kinds.joined(separator: ", ")
          + "; same weights and words on another machine differ by rounding")
    }
    Output.note("the numbers are those of \(path)")
  }
}

/// A run that was run again gave other numbers.
struct ChangedNumbers: Error, CustomStringConvertible, ClassifiedError {
  let description: String
  var failure: Failure { .failed }
}
