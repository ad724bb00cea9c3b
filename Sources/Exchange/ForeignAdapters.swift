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
  private static let registry = Registry<any ForeignAdapter.Type>([
    AdapterHubFolder.self, PeftFolder.self, PyreftFolder.self, ControlVectorFile.self,
    ModelFiles.self,
  ])

  /// Every form, this package's first.
  public static var all: [any ForeignAdapter.Type] { registry.all }

  /// The form of a file or folder; nil for one of ours, and for what is none.
  public static func form(of url: URL) -> (any ForeignAdapter.Type)? {
    all.first { $0.isFolder(url) }
  }

  /// The remedy for an adapter that stands where a model is expected, in a sentence; nil for
  /// anything else.
  public static func adviceForModel(at path: String) -> String? {
    let url = URL(userPath: path)
    let isOwn =
      url.appending(component: AdapterFile.name).exists
      && !url.appending(component: "config.json").exists
    guard let form = form(of: url), form != ModelFiles.self else {
      return isOwn
        ? "\(path): expected a model, found an adapter: give the model that it belongs to, "
          + "and this as --adapter" : nil
    }
    guard let misplaced = form as? any MisplacedForm.Type else {
      return "\(path): expected a model, found an adapter of \(form.name)'s: give the model that "
        + "it belongs to, and this as --adapter"
    }
    return "\(path): expected a model, found \(misplaced.advice(for: url))"
  }

  /// The remedy for a folder that is given to `import` and needs none, in a sentence; nil for a
  /// folder that is imported, and for what is no adapter.
  public static func adviceForImport(of path: String) -> String? {
    let url = URL(userPath: path)
    guard let form = form(of: url) else {
      return url.appending(component: AdapterFile.name).exists
        ? "\(path): expected a folder of pyreft's, found an adapter that needs no import: give it "
          + "as --adapter" : nil
    }
    guard let misplaced = form as? any MisplacedForm.Type else {
      return "\(path): expected a folder of pyreft's, found one of \(form.name), which needs no "
        + "import: give it as --adapter"
    }
    return form == PyreftFolder.self
      ? nil : "\(path): expected a folder of pyreft's, found \(misplaced.advice(for: url))"
  }

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
      return try form(of: url)?.remarks(contentsOf: url, for: base) ?? []
    }
  }
}
