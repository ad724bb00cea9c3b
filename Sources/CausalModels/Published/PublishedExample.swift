import Foundation
import InterchangeBasics
import InterchangeDatasets

/// An example of a published set, from which pairs are drawn: base and source are of one form, and
/// differ in a value.
struct PublishedExample: Sendable {
  let text: SpannedText
  /// The form, such as the prompt's template: base and source have the same.
  let form: String
  /// The value that an interchange changes.
  let value: String
  let answer: String
}

/// Draws pairs of published examples.
enum PublishedPairs {
  /// Different pairs, at most `count`, of one form and with different values.
  ///
  /// - Parameter label: the answer that base should have after the interchange
  static func draw(
    _ count: Int, of examples: [PublishedExample], using generator: inout SplitMix64,
    label: (PublishedExample, PublishedExample) -> String
  ) -> [TextPair] {
    guard !examples.isEmpty else { return [] }
    let forms = Dictionary(grouping: examples.indices) { examples[$0].form }
    var seen: Set<[Int]> = []
    var pairs: [TextPair] = []
    var draws = 0
    while pairs.count < count, draws < 50 * count + 1000 {
      draws += 1
      let index = Int.random(in: examples.indices, using: &generator)
      let base = examples[index]
      guard let others = forms[base.form] else { continue }
      let other = others.drawn(using: &generator)
      let source = examples[other]
      guard source.value != base.value, seen.insert([index, other]).inserted else { continue }
      let wanted = label(base, source)
      let answers = [base.answer, source.answer, wanted].reduce(into: [String]()) {
        if !$0.contains($1) { $0.append($1) }
      }
      guard answers.count > 1 else { continue }
      pairs.append(
        TextPair(
          base: base.text, sources: [source.text], label: wanted, answers: answers,
          baseAnswer: base.answer, sourceAnswers: [source.answer]))
    }
    return pairs
  }

  /// The parts of a set whose examples say theirs.
  ///
  /// - Throws: `CausalModelError.cannotSplit` when a part gives no pairs.
  static func parts(
    _ wish: PairWish, variable: String, disjoint: String, name: String,
    train: [PublishedExample], test: [PublishedExample],
    label: (PublishedExample, PublishedExample) -> String
  ) throws -> PairParts {
    var generator = SplitMix64(seed: wish.seed)
    let trainCount = max(1, Int((wish.trainShare * Double(wish.count)).rounded()))
    let parts = PairParts(
      variable: variable, disjoint: disjoint,
      train: draw(trainCount, of: train, using: &generator, label: label),
      test: draw(max(1, wish.count - trainCount), of: test, using: &generator, label: label))
    guard !parts.train.isEmpty, !parts.test.isEmpty else {
      throw CausalModelError.cannotSplit(
        examples: train.count + test.count,
        reason: "'\(variable)' of \(name) gives \(parts.train.count) pairs to train on and "
          + "\(parts.test.count) to test")
    }
    return parts
  }

  /// An answer as it follows a prompt: after a space, unless the prompt ends in one, or in an open
  /// quote or bracket.
  static func answer(_ text: String, after prompt: String) -> String {
    guard let last = prompt.last, !last.isWhitespace, !"\"'([{/-".contains(last) else {
      return text
    }
    return " " + text
  }
}

extension JSONParser {
  /// A JSON file's value.
  ///
  /// - Throws: `DatasetError` with the line of a fault.
  static func file(_ url: URL) throws -> JSONValue {
    let path = url.path(percentEncoded: false)
    let bytes = try TextFile.bytes(contentsOf: url)
    do {
      return try parse(bytes)
    } catch {
      let line = 1 + bytes.prefix(error.position).count { $0 == UInt8(ascii: "\n") }
      throw DatasetError.invalidData(path: path, line: line, reason: "expected \(error.expected)")
    }
  }
}

/// A JSON file whose values are looked up with errors that name it.
struct PublishedFile {
  let path: String
  let value: JSONValue

  init(_ url: URL) throws {
    path = url.path(percentEncoded: false)
    value = try JSONParser.file(url)
  }

  /// The file at a place, or those of a folder, whose name has an ending and whose first 64 KiB have
  /// all of some marks, by their paths; none that can't be read.
  static func files(at url: URL, of ending: String, with marks: [String]) -> [URL] {
    let files =
      url.isFolder
      ? (try? FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil))
        ?? []
      : [url]
    return files.filter { file in
      guard file.pathExtension.lowercased() == ending, !file.isFolder,
        let beginning = try? FileHandle(forReadingFrom: file).read(upToCount: 1 << 16)
      else { return false }
      return marks.allSatisfy { beginning.range(of: Data($0.utf8)) != nil }
    }.sorted { $0.path < $1.path }
  }

  func fault(_ reason: String) -> DatasetError {
    .invalidData(path: path, line: 0, reason: reason)
  }

  /// An object's members.
  func members(_ value: JSONValue, _ place: String) throws -> [JSONValue.Member] {
    guard let members = value.members else {
      throw fault("\(place): expected an object, found \(value.summary)")
    }
    return members
  }

  /// The text of a value.
  func text(_ value: JSONValue?, _ place: String) throws -> String {
    guard let text = value?.string else {
      throw fault("\(place): expected a text, found \(value?.summary ?? "nothing")")
    }
    return text
  }

  /// A list of texts.
  func texts(_ value: JSONValue?, _ place: String) throws -> [String] {
    guard let elements = value?.array else {
      throw fault("\(place): expected a list of texts, found \(value?.summary ?? "nothing")")
    }
    return try elements.enumerated().map { try text($1, "\(place)[\($0 + 1)]") }
  }
}
