import Foundation
import InterchangeBasics
import InterchangeDatasets

/// CounterFact (Meng et al. 2022, arXiv 2202.05262): facts about subjects, as `known_1000.json`
/// (`subject`, `attribute`, `prompt`) or with a `requested_rewrite`.
///
/// The variable `subject`: base and source are one prompt with two subjects of different
/// attributes, and the label is the source's. The subject's place is the span `subject`. Train and
/// test share no subject.
public struct CounterFact: PairSource, PairReader {
  public static let form = "CounterFact's files"

  /// One fact as published.
  public struct Fact: Hashable, Sendable {
    /// The subject.
    public let subject: String
    /// The prompt's words before and after the subject.
    public let before: String, after: String
    /// The attribute that the prompt asks for.
    public let attribute: String
    /// The relation's identifier.
    public let relation: String
  }

  public let name: String
  public let variables = ["subject"]
  /// The facts.
  public let facts: [Fact]
  /// The number of entries in which the prompt doesn't have the subject just once.
  public let withoutSubject: Int

  public static func source(at url: URL) throws -> (any PairSource)? {
    guard url.pathExtension == "json", !url.isFolder,
      let beginning = try? FileHandle(forReadingFrom: url).read(upToCount: 4096)
    else { return nil }
    func has(_ name: String) -> Bool { beginning.range(of: Data("\"\(name)\"".utf8)) != nil }
    guard has("known_id") && has("attribute") || has("requested_rewrite") else { return nil }
    return try CounterFact(url)
  }

  private init(_ url: URL) throws {
    let file = try PublishedFile(url)
    guard let entries = file.value.array else {
      throw file.fault("expected an array of facts, found \(file.value.summary)")
    }
    var facts: [Fact] = []
    var withoutSubject = 0
    for (index, entry) in entries.enumerated() {
      func text(_ value: JSONValue?, _ field: String) throws -> String {
        try file.text(value, "element \(index): \(field)")
      }
      let rewrite = entry["requested_rewrite"]
      let subject = try text((rewrite ?? entry)["subject"], "subject")
      let parts: [String]
      if let rewrite {
        parts = try text(rewrite["prompt"], "prompt").components(separatedBy: "{}")
      } else {
        parts = try text(entry["prompt"], "prompt").components(separatedBy: subject)
      }
      guard parts.count == 2, !subject.isEmpty else {
        withoutSubject += 1
        continue
      }
      facts.append(
        Fact(
          subject: subject, before: parts[0], after: parts[1],
          attribute: try rewrite.map { try text($0["target_true"]?["str"], "target_true") }
            ?? text(entry["attribute"], "attribute"),
          relation: (rewrite ?? entry)["relation_id"]?.string ?? ""))
    }
    (self.facts, self.withoutSubject) = (facts, withoutSubject)
    name = url.deletingPathExtension().lastPathComponent
  }

  public func parts(_ wish: PairWish) throws -> PairParts {
    let variable = try variable(wish)
    var generator = SplitMix64(seed: wish.seed)
    let sides = try GroupSplit(facts.map { [$0.subject] }, fraction: wish.trainShare).sides(
      disjoint: .entities, using: &generator)
    func examples(_ part: SplitRecord.Part) -> [PublishedExample] {
      zip(facts, sides).filter { $0.1 == part }.map { Self.published($0.0) }
    }
    var parts = try PublishedPairs.parts(
      wish, variable: variable, disjoint: "subjects", name: name, train: examples(.train),
      test: examples(.test)
    ) { $1.answer }
    if withoutSubject > 0 {
      parts.notes.append(
        "\(name): \(withoutSubject) facts don't have their subject once in the prompt; not used")
    }
    return parts
  }

  private static func published(_ fact: Fact) -> PublishedExample {
    let start = fact.before.utf8.count
    let text = fact.before + fact.subject + fact.after
    return PublishedExample(
      text: SpannedText(text, spans: ["subject": start..<start + fact.subject.utf8.count]),
      form: "\(fact.before){}\(fact.after)", value: fact.attribute,
      answer: PublishedPairs.answer(fact.attribute, after: text))
  }
}
