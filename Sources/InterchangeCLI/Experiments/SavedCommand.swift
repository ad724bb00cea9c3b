import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

/// A command that is written as a document instead of being run.
enum SavedCommand {
  /// Writes the document that `--save-as` asks for.
  ///
  /// - Parameter words: the program's arguments, which were understood
  /// - Returns: whether it was asked for
  /// - Throws: a usage error for a command that can't be a step; a file error.
  static func write(_ words: [String]) throws -> Bool {
    guard words.contains(where: { $0 == "--save-as" || $0.hasPrefix("--save-as=") }) else {
      return false
    }
    guard let command = try words.first.flatMap({ try CommandDefinition.named($0) }) else {
      throw ValidationError("--save-as: \(words.first ?? "") can't be a step of a document.")
    }
    let given = CommandWords(Array(words.dropFirst()), of: command)
    guard let path = given.values("save-as")?.last else { return false }
    let url = URL(userPath: path)
    guard ["yaml", "yml"].contains(url.pathExtension.lowercased()) else {
      throw ValidationError("--save-as: expected a name that ends in .yaml, found \(path).")
    }
    // The document has to say the same again.
    let document = try given.document()
    _ = try ExperimentPlan(
      ExperimentDocument(document, source: path),
      commands: [command])
    try writeAtomically(Data(document.utf8), to: url)
    Output.note("wrote \(path); `interchange run \(path)` runs it")
    return true
  }
}
