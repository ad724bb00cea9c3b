import Foundation
import InterchangeFineTuning
import InterchangeModels

/// Another tool's form that an adapter can be written in: a file of its own, and its name in
/// ``ExportForms``.
public protocol ExportForm: SendableMetatype {
  /// The name by which it is chosen.
  static var name: String { get }

  /// The adapters that it holds, in words.
  static var holds: String { get }

  /// Tells whether it is the form for adapters of this method. One of them may still have something
  /// that the form can't hold, which ``write(_:of:to:)`` refuses.
  static func isMade(for adapter: any Adapter) -> Bool

  /// Writes an adapter.
  ///
  /// - Parameter folder: made when it doesn't exist
  /// - Returns: remarks, each in a line, on what the user has to know to use it
  /// - Throws: `FineTuningError/invalidSetting(name:expected:found:)` for what the form can't hold,
  ///   `CheckpointError` when it can't be written.
  static func write(
    _ adapter: any Adapter, of base: LanguageModel, to folder: URL
  ) throws -> [String]
}

extension ExportForm {
  /// An error that says what the form can hold.
  static func unwritable(_ expected: String, _ found: String) -> FineTuningError {
    .invalidSetting(name: name, expected: expected, found: found)
  }
}
