import Foundation
import InterchangeBasics
import InterchangeFineTuning
import InterchangeModels

/// The forms of other tools that are read where an adapter of our own is.
///
/// ```
/// let adapted = try AdaptedModel(contentsOf: paths, base: model, foreign: ForeignAdapters.all)
/// ```
public enum ForeignAdapters {
  private static let registry = Registry<any ForeignAdapter.Type>([PeftFolder.self])

  /// Every form, this package's first.
  public static var all: [any ForeignAdapter.Type] { registry.all }

  /// Makes a form known; twice does no harm.
  public static func register(_ type: any ForeignAdapter.Type) {
    registry.register(type) { known in !known.contains { $0 == type } }
  }

  /// Remarks on adapters of other tools that can be read for a base model; none on our own.
  ///
  /// - Throws: `CheckpointError` for a file that is missing or damaged.
  public static func remarks(on paths: [String], for base: LanguageModel) throws -> [String] {
    try paths.flatMap { path in
      let url = URL(userPath: path)
      return try all.first { $0.isFolder(url) }?.remarks(contentsOf: url, for: base) ?? []
    }
  }
}
