import Foundation
import InterchangeBasics
import InterchangeDatasets

/// MIB's sets for causal variables (Mueller et al. 2025, arXiv 2504.13151) as JSON lines: a `prompt`
/// with `choices` and `answerKey`, or with a `label`, and its `…_counterfactual`s.
///
/// Variables: `pointer`, the place of the right choice (base's letter at the source's place), and
/// `answer`, the answer itself; each with every kind of counterfactual, such as
/// `pointer answerPosition`. A part is told by the file's name: `train`, `validation`, `test`; a
/// folder has them all.
public struct MIBChoices: PairSource, PairReader {
  public static let form = "MIB's rows"

  public let name: String
  public let variables: [String]
  private let records: ChoiceRecords
  /// The number of rows.
  public let rowCount: Int

  private static let ending = "_counterfactual"

  public static func source(at url: URL) throws -> (any PairSource)? {
    let own = PublishedFile.files(at: url, of: "jsonl", with: ["\(ending)\""])
    guard !own.isEmpty else { return nil }
    return try MIBChoices(
      url.deletingPathExtension().lastPathComponent, own)
  }

  private init(_ name: String, _ files: [URL]) throws {
    self.name = name
    var records = ChoiceRecords()
    var rowCount = 0
    for file in files {
      let path = file.path(percentEncoded: false)
      let stem = file.deletingPathExtension().lastPathComponent.lowercased()
      let part = DataSplit(inFileName: stem)
      for (line, value) in try JSONLines.values(TextFile.bytes(contentsOf: file), path: path) {
        rowCount += 1
        let base = try ChoicePrompt(value, path, line)
        for member in value.members ?? [] where member.key.hasSuffix(Self.ending) {
          guard member.value != .null else { continue }
          let kind = String(member.key.dropLast(Self.ending.count))
          records.add(
            base, source: try ChoicePrompt(member.value, path, line), kind: kind,
            group: base.prompt, part: part)
        }
      }
    }
    (self.records, self.rowCount) = (records, rowCount)
    variables = records.variables
    guard !variables.isEmpty else {
      throw DatasetError.invalidData(
        path: files[0].path(percentEncoded: false), line: 0,
        reason: "no counterfactuals in the file")
    }
  }

  public func parts(_ wish: PairWish) throws -> PairParts {
    let variable = try variable(wish)
    return try PairParts(
      records.of(variable), variable: variable, disjoint: "prompts", wish: wish)
  }
}

extension ChoicePrompt {
  /// A row's prompt, or that of a counterfactual in it.
  fileprivate init(_ value: JSONValue, _ path: String, _ line: Int) throws {
    func fault(_ reason: String) -> DatasetError {
      .invalidData(path: path, line: line, reason: reason)
    }
    guard let prompt = value["prompt"]?.string ?? value["question"]?.string else {
      throw fault("expected 'prompt', a text, found \(value["prompt"]?.summary ?? "nothing")")
    }
    self.prompt = prompt
    if let choices = value["choices"] {
      let labels = choices["label"]?.array?.compactMap(\.string) ?? []
      let key = value["answerKey"]
      guard let place = key?.integer ?? key?.string.flatMap(labels.firstIndex),
        labels.indices.contains(place), Set(labels).count == labels.count
      else {
        throw fault(
          "expected 'choices' with different labels, and 'answerKey', the place or label of one; "
            + "found \(key?.summary ?? "nothing")")
      }
      self.place = place
      answers = labels.map { PublishedPairs.answer($0, after: prompt) }
      answer = answers[place]
    } else {
      let label = value["label"]
      guard let text = label?.string ?? label?.integer.map(String.init) else {
        throw fault("expected 'choices' or 'label', found \(label?.summary ?? "nothing")")
      }
      place = nil
      answer = PublishedPairs.answer(text.trimmingCharacters(in: .whitespaces), after: prompt)
      answers = [answer]
    }
  }
}
