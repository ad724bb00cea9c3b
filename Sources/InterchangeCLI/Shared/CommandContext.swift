import Foundation
import Interchange
import Synchronization

/// The surroundings of a command that another one runs: its own words, models that are read
/// already, and the place of its results.
final class CommandContext: Sendable {
  /// That of the command that runs; nil for one that was typed.
  @TaskLocal static var current: CommandContext?

  /// The command's words.
  let arguments: [String]
  /// The models that stay in memory from one command to the next.
  let models: LoadedModels
  /// Tells whether what the command prints is kept instead of being shown.
  let isSilent: Bool
  private let text = Mutex("")
  private let made = Mutex<RunRecord?>(nil)

  init(_ arguments: [String], models: LoadedModels, isSilent: Bool) {
    (self.arguments, self.models, self.isSilent) = (arguments, models, isSilent)
  }

  /// The text that a silent command printed.
  var printed: String { text.withLock { $0 } }

  /// The record that the command made; nil for a command without one.
  var record: RunRecord? {
    get { made.withLock { $0 } }
    set { made.withLock { $0 = newValue } }
  }

  func print(_ more: String) { text.withLock { $0 += more } }
}

/// The model of the last command, which the next one takes where it is the same.
final class LoadedModels: Sendable {
  private let last = Mutex<(path: String, weights: WeightForm, model: LanguageModel)?>(nil)
  private let identities = Mutex<[String: String]>([:])

  /// A model, as `ModelArgument` names it.
  func model(_ path: String, _ weights: WeightForm) throws -> LanguageModel {
    if let last = last.withLock({ $0 }), last.path == path, last.weights == weights {
      return last.model
    }
    last.withLock { $0 = nil }
    let model = try LanguageModel(contentsOf: path, weights: weights)
    for note in model.notes { Output.note("note: \(note)") }
    last.withLock { $0 = (path, weights, model) }
    return model
  }

  /// The hash of a model's weights.
  func identity(_ path: String) throws -> String {
    if let known = identities.withLock({ $0[path] }) { return known }
    let identity = try model(path, .stored).identity()
    identities.withLock { $0[path] = identity }
    return identity
  }
}
