import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeModels
import InterchangeTokenizers

/// Two texts that differ in what a steering vector is to stand for.
///
/// Vectors are read at the last token. Texts that all end with the same one, such as a full stop,
/// give vectors of what the texts say; others give vectors of their last words.
public struct ContrastPair: Codable, Sendable, Equatable {
  /// The text that the vector steers to.
  public var positive: String
  /// The text that the vector steers away from.
  public var negative: String

  /// The place that the pair comes from; nil when it is from no file. It is no part of what pairs
  /// are compared by.
  public private(set) var origin: TaskExample.Origin?

  private enum CodingKeys: CodingKey {
    case positive, negative
  }

  public init(positive: String, negative: String) {
    (self.positive, self.negative) = (positive, negative)
  }

  /// The tokens of both texts as the model reads them.
  public func encoded(for model: LanguageModel) -> (positive: [Int], negative: [Int]) {
    (model.encode(positive).ids, model.encode(negative).ids)
  }

  public static func == (a: ContrastPair, b: ContrastPair) -> Bool {
    a.positive == b.positive && a.negative == b.negative
  }

  /// Checks that the model can read both texts.
  ///
  /// - Throws: `DatasetError/invalidData(path:line:reason:)` for a pair of a file that has no
  ///   tokens or too many.
  public func requireReadable(by model: LanguageModel) throws {
    guard let origin else { return }
    let (maximum, ids) = (model.architecture.maximumLength, encoded(for: model))
    for (part, count) in [("positive", ids.positive.count), ("negative", ids.negative.count)]
    where count == 0 || count > maximum {
      throw DatasetError.invalidData(
        path: origin.path, line: origin.line,
        reason: "the \(part) text has \(count) tokens, the model reads 1 to \(maximum)")
    }
  }

  /// Reads JSON lines, each `{"positive": …, "negative": …}`; other fields may hold anything.
  ///
  /// - Parameter path: the file; `~` stands for the home folder
  /// - Throws: `DatasetError/invalidData(path:line:reason:)` naming the file, the line and the
  ///   reason.
  public static func read(_ path: String) throws -> [ContrastPair] {
    let url = URL(userPath: path)
    let pairs = try JSONLines.values(TextFile.bytes(contentsOf: url), path: url.path).map {
      try ContrastPair($0.value, path: url.path, line: $0.line)
    }
    guard !pairs.isEmpty else {
      throw DatasetError.invalidData(path: url.path, line: 0, reason: "no pairs in the file")
    }
    return pairs
  }

  private init(_ value: JSONValue, path: String, line: Int) throws {
    func fault(_ reason: String) -> DatasetError {
      .invalidData(path: path, line: line, reason: reason)
    }
    guard value.members != nil else {
      throw fault("expected an object, found \(value.summary)")
    }
    func text(_ name: String) throws -> String {
      guard let found = value[name] else { throw fault("no field '\(name)'") }
      guard let text = found.string else {
        throw fault("field '\(name)': expected a text, found \(found.summary)")
      }
      return text
    }
    self.init(positive: try text("positive"), negative: try text("negative"))
    origin = TaskExample.Origin(path: path, line: line)
  }
}
