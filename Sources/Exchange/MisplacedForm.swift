import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeModels

/// A form that isn't read where an adapter is expected, and what is done with it instead.
public protocol MisplacedForm: ForeignAdapter {
  /// The form and what to do with it, in words that go on from "found".
  static func advice(for url: URL) -> String
}

extension MisplacedForm {
  /// Throws what to do instead.
  public static func adapter(contentsOf url: URL, for base: LanguageModel) throws -> any Adapter {
    let readable = ForeignAdapters.all.filter { !($0 is any MisplacedForm.Type) }
    throw FineTuningError.invalidAdapter(
      path: url.path(percentEncoded: false), field: "adapter",
      expected: "a folder that `finetune`, `steer` or `import` wrote, or one of "
        + readable.map { $0.name }.joined(separator: " or "),
      found: advice(for: url))
  }
}

extension PyreftFolder: MisplacedForm {
  public static func advice(for url: URL) -> String {
    "one of pyreft's, which doesn't say its positions; make an adapter of it with "
      + "`interchange import MODEL \(url.lastPathComponent) --positions f7+l7 --out DIR`, with the "
      + "positions that it was trained with"
  }
}

extension ControlVectorFile: MisplacedForm {
  /// True for a control vector's file, and for a folder that `export` wrote one into.
  public static func isFolder(_ url: URL) -> Bool {
    guard url.isFolder else { return SteeringVectors.isControlVector(url) }
    return !url.appending(component: AdapterFile.name).exists
      && SteeringVectors.isControlVector(url.appending(component: fileName))
  }

  public static func advice(for url: URL) -> String {
    let file = url.isFolder ? "\(url.lastPathComponent)/\(fileName)" : url.lastPathComponent
    return "a control vector; make an adapter of it with `interchange steer MODEL --vectors "
      + "\(file) --out DIR`"
  }
}

/// A model where an adapter is expected: a GGUF file, or a folder with `config.json`.
enum ModelFiles: MisplacedForm {
  static let name = "a model's"

  static func isFolder(_ url: URL) -> Bool {
    guard url.isFolder else { return (try? GGUFFile(contentsOf: url)) != nil }
    return url.appending(component: "config.json").exists
      && !url.appending(component: AdapterFile.name).exists
  }

  static func isReadInsteadOfOwn(in url: URL) -> Bool { false }

  static func advice(for url: URL) -> String {
    "a model, which is the command's first argument"
  }
}
