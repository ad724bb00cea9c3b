import Foundation
import InterchangeBasics

/// A reader of one form of files.
public protocol PairReader: Sendable {
  /// The form in a few words, for errors: "RAVEL's files".
  static var form: String { get }

  /// The pairs in a file or folder; nil for one of another form.
  ///
  /// - Throws: an error that names the file, the line and what was expected.
  static func source(at url: URL) throws -> (any PairSource)?
}

/// Everything that a task's name can stand for.
public enum PairSources {
  /// The readers of files, in the order in which they are asked.
  public static let readers: [any PairReader.Type] = [
    RAVEL.self, MoNLI.self, CounterFact.self, CausalGym.self, MIBChoices.self, MIBNames.self,
    LLMAdaptersChoices.self, QuestionFile.self, PairFile.self,
  ]

  /// The pairs behind a name or a path.
  ///
  /// - Throws: `CausalModelError` for a name that is neither a task's nor a file's; the errors of
  ///   the reader for a file.
  public static func named(_ name: String) throws -> any PairSource {
    if let task = BuiltInTasks.forLanguageModels.first(where: { $0.name == name }) {
      return TaskPairs(task)
    }
    let url = URL(userPath: name)
    guard url.exists else {
      guard name.contains("/") || name.contains(".") else {
        return TaskPairs(try BuiltInTasks.languageModelTask(named: name))
      }
      throw CausalModelError.noSuchPairs(name, known: BuiltInTasks.names)
    }
    for reader in readers {
      if let source = try reader.source(at: url) { return source }
    }
    throw CausalModelError.unknownPairForm(name, forms: readers.map { $0.form })
  }
}

/// A question document: `.yaml`, `.yml`, or `.json` with `variables`.
enum QuestionFile: PairReader {
  static let form = "a question (.yaml, .json)"

  static func source(at url: URL) throws -> (any PairSource)? {
    guard ["yaml", "yml", "json"].contains(url.pathExtension.lowercased()), !url.isFolder else {
      return nil
    }
    if url.pathExtension.lowercased() == "json" {
      let beginning = try? Data(contentsOf: url).prefix(1 << 20)
      guard let beginning, let first = beginning.first(where: { !" \n\r\t".utf8.contains($0) }),
        first == UInt8(ascii: "{"), beginning.range(of: Data(#""variables""#.utf8)) != nil
      else { return nil }
    }
    return TaskPairs(try Question(contentsOf: url.path(percentEncoded: false)))
  }
}
