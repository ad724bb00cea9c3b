import Foundation
import InterchangeBasics
import InterchangeDatasets

/// MoNLI (Geiger, Richardson and Potts 2020, arXiv 2004.14623): sentences that differ in one word,
/// with and without a negation: `nmonli_train.jsonl`, `nmonli_test.jsonl`, `pmonli.jsonl`.
///
/// The variable `lexical` says whether the premise's word entails the hypothesis's; under a
/// negation the answer is the opposite. The words are the spans `premise word` and
/// `hypothesis word`. A folder has the negated sentences in their published parts; a single file is
/// divided so that no pair of words is in both parts.
public struct MoNLI: PairSource, PairReader {
  public static let form = "MoNLI's files"

  /// One example as published.
  public struct Example: Hashable, Sendable {
    /// The premise.
    public let premise: String
    /// The hypothesis.
    public let hypothesis: String
    /// The words in which they differ.
    public let words: [String]
    /// Whether the premise entails the hypothesis.
    public let entails: Bool
    /// Whether the premise's word entails the hypothesis's.
    public let wordEntails: Bool
    /// Whether the sentences have a negation.
    public var isNegated: Bool { entails != wordEntails }
  }

  public let name: String
  public let variables = ["lexical"]
  /// The examples of each file, by its name without the ending.
  public let examples: [String: [Example]]

  private static let files = ["nmonli_train", "nmonli_test", "pmonli"]

  public static func source(at url: URL) throws -> (any PairSource)? {
    if url.isFolder {
      let found = files.filter { url.appending(component: "\($0).jsonl").exists }
      guard found.contains("nmonli_train"), found.contains("nmonli_test") else { return nil }
      return try MoNLI("monli", found.map { url.appending(component: "\($0).jsonl") })
    }
    let stem = url.deletingPathExtension().lastPathComponent
    guard url.pathExtension == "jsonl", stem.contains("monli") else { return nil }
    return try MoNLI(stem, [url])
  }

  private init(_ name: String, _ urls: [URL]) throws {
    self.name = name
    var examples: [String: [Example]] = [:]
    for url in urls {
      examples[url.deletingPathExtension().lastPathComponent] = try Self.read(url)
    }
    self.examples = examples
  }

  private static func read(_ url: URL) throws -> [Example] {
    let path = url.path(percentEncoded: false)
    return try JSONLines.values(TextFile.bytes(contentsOf: url), path: path).map { line, value in
      func text(_ field: String) throws -> String {
        guard let text = value[field]?.string else {
          throw DatasetError.invalidData(
            path: path, line: line,
            reason: "'\(field)': expected a text, found \(value[field]?.summary ?? "nothing")")
        }
        return text
      }
      let label = try text("gold_label")
      guard let depth = value["depth"]?.integer, ["entailment", "neutral"].contains(label) else {
        throw DatasetError.invalidData(
          path: path, line: line,
          reason: "expected 'depth', a whole number, and 'gold_label', entailment or neutral")
      }
      return Example(
        premise: try text("sentence1"), hypothesis: try text("sentence2"),
        words: [try text("sentence1_lex"), try text("sentence2_lex")],
        entails: label == "entailment", wordEntails: depth > 0)
    }
  }

  public func parts(_ wish: PairWish) throws -> PairParts {
    let variable = try variable(wish)
    var (train, test): ([Example], [Example])
    if let first = examples["nmonli_train"], let second = examples["nmonli_test"] {
      (train, test) = (first, second)
    } else {
      let all = examples.values.flatMap { $0 }
      var generator = SplitMix64(seed: wish.seed)
      let sides = try GroupSplit(
        all.map { [$0.words.sorted().joined(separator: " ")] }, fraction: wish.trainShare
      ).sides(disjoint: GroupKind(rawValue: "words"), using: &generator)
      (train, test) = (
        zip(all, sides).filter { $0.1 == .train }.map(\.0),
        zip(all, sides).filter { $0.1 == .test }.map(\.0)
      )
    }
    return try PublishedPairs.parts(
      wish, variable: variable, disjoint: "pairs of words", name: name,
      train: train.map(Self.published), test: test.map(Self.published)
    ) { base, source in
      // The form says whether there is a negation.
      (source.value == "true") != (base.form == "negated") ? " yes" : " no"
    }
  }

  private static func published(_ example: Example) -> PublishedExample {
    var text = ""
    var spans: [String: Range<Int>] = [:]
    func add(_ part: String, _ name: String? = nil, word: String? = nil) {
      let start = text.utf8.count
      text += part
      guard let name else { return }
      spans[name] = start..<text.utf8.count
      if let word, let range = part.range(of: word) {
        let offset = start + part.utf8.distance(from: part.startIndex, to: range.lowerBound)
        spans["\(name) word"] = offset..<offset + word.utf8.count
      }
    }
    add("Premise: ")
    add(example.premise, "premise", word: example.words[0])
    add("\nHypothesis: ")
    add(example.hypothesis, "hypothesis", word: example.words[1])
    add("\nDoes the hypothesis follow from the premise? Answer yes or no:")
    return PublishedExample(
      text: SpannedText(text, spans: spans), form: example.isNegated ? "negated" : "plain",
      value: "\(example.wordEntails)", answer: example.entails ? " yes" : " no")
  }
}
