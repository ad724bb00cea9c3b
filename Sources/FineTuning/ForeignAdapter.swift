import Foundation
import InterchangeModels

/// Another tool's form of adapters, a folder, which can be read where our own is.
public protocol ForeignAdapter: SendableMetatype {
  /// The form's name, such as `peft`.
  static var name: String { get }

  /// True for a folder that looks like one of this form.
  static func isFolder(_ url: URL) -> Bool

  /// Tells whether a folder would be read as one of this form even if an adapter of our own were
  /// written into it.
  static func isReadInsteadOfOwn(in url: URL) -> Bool

  /// The adapter of a folder, for a base model.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` for what has no
  ///   meaning here, `CheckpointError` for a file that is missing or damaged.
  static func adapter(contentsOf url: URL, for base: LanguageModel) throws -> any Adapter

  /// Remarks on a folder that can be read for a base model, each in a line.
  ///
  /// - Throws: as ``adapter(contentsOf:for:)``.
  static func remarks(contentsOf url: URL, for base: LanguageModel) throws -> [String]
}

extension ForeignAdapter {
  /// True for a folder of this form.
  public static func isReadInsteadOfOwn(in url: URL) -> Bool { isFolder(url) }

  /// Nothing.
  public static func remarks(contentsOf url: URL, for base: LanguageModel) throws -> [String] { [] }
}
