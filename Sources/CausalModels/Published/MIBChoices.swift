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
  private let records: [(variable: String, record: PairRecord)]
  /// The number of rows.
  public let rowCount: Int

  private static let ending = "_counterfactual"

  public static func source(at url: URL) throws -> (any PairSource)? {
    let files =
      url.isFolder
      ? (try? FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil))
        ?? []
      : [url]
    let own = files.filter { file in
      guard file.pathExtension == "jsonl", !file.isFolder,
        let beginning = try? FileHandle(forReadingFrom: file).read(upToCount: 1 << 16)
      else { return false }
      return beginning.range(of: Data("\(ending)\"".utf8)) != nil
    }.sorted { $0.path < $1.path }
    guard !own.isEmpty else { return nil }
    return try MIBChoices(
      url.deletingPathExtension().lastPathComponent, own)
  }

  private init(_ name: String, _ files: [URL]) throws {
    self.name = name
    var records: [(variable: String, record: PairRecord)] = []
    var rowCount = 0
    for file in files {
      let path = file.path(percentEncoded: false)
      let stem = file.deletingPathExtension().lastPathComponent.lowercased()
      let part: DataSplit? =
        stem.contains("train")
        ? .train
        : stem.contains("val") || stem.contains("dev") ? .dev : stem.contains("test") ? .test : nil
      for (line, value) in try JSONLines.values(TextFile.bytes(contentsOf: file), path: path) {
        rowCount += 1
        let base = try Item(value, path, line)
        for member in value.members ?? [] where member.key.hasSuffix(Self.ending) {
          guard member.value != .null else { continue }
          let kind = String(member.key.dropLast(Self.ending.count))
          let source = try Item(member.value, path, line)
          for (variable, label) in base.labels(from: source) {
            var answers = base.answers
            for answer in source.answers + [label, source.answer]
            where !answers.contains(answer) {
              answers.append(answer)
            }
            records.append(
              (
                "\(variable) \(kind)",
                PairRecord(
                  TextPair(
                    base: SpannedText(base.prompt), sources: [SpannedText(source.prompt)],
                    label: label, answers: answers, baseAnswer: base.answer,
                    sourceAnswers: [source.answer]),
                  groups: [base.prompt], part: part)
              ))
          }
        }
      }
    }
    (self.records, self.rowCount) = (records, rowCount)
    var names: [String] = []
    var seen: Set<String> = []
    for record in records where seen.insert(record.variable).inserted {
      names.append(record.variable)
    }
    // What moves the place of the right choice comes first.
    let usual = names.filter { $0 == "pointer answerPosition" }
    variables = usual + names.filter { !usual.contains($0) }
    guard !variables.isEmpty else {
      throw DatasetError.invalidData(
        path: files[0].path(percentEncoded: false), line: 0,
        reason: "no counterfactuals in the file")
    }
  }

  public func parts(_ wish: PairWish) throws -> PairParts {
    let variable = try variable(wish)
    return try PairParts(
      records.filter { $0.variable == variable }.map(\.record), variable: variable,
      disjoint: "prompts", wish: wish)
  }

  /// A prompt with its answer.
  private struct Item {
    let prompt: String
    let answer: String
    /// The answers of all choices, in their order; just the answer where there are none.
    let answers: [String]
    /// The place of the right choice.
    let place: Int?

    init(_ value: JSONValue, _ path: String, _ line: Int) throws {
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

    /// What an interchange from a source gives, for each variable.
    func labels(from source: Item) -> [(variable: String, label: String)] {
      var labels = [(variable: "answer", label: source.answer)]
      if place != nil, let place = source.place, answers.indices.contains(place) {
        labels.insert(("pointer", answers[place]), at: 0)
      }
      return labels
    }
  }
}
