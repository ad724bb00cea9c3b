import Foundation
import InterchangeBasics
import InterchangeDatasets

/// A file of pairs of one's own: JSON lines or CSV with `base`, `source` and `label`.
///
/// ```json
/// {"base": "The key", "source": "The keys", "label": " are", "spans": {"noun": ["key", "keys"]}}
/// ```
///
/// Texts are taken as they are: mind the space before a label. Without `base_label` and
/// `source_label` nothing is known of what the model should answer to base and source by
/// themselves, so no pair is left out for it.
public struct PairFile: PairSource, PairReader {
  public static let form = "a file of pairs (.jsonl, .csv)"

  /// The fields that have a meaning; others may be there and hold anything.
  static let required = ["base", "source", "label"]
  static let optional = [
    "base_label", "source_label", "answers", "spans", "variable", "group", "split",
  ]

  public let name: String
  public let variables: [String]
  public let usualCount: Int?
  /// The rows with the variable that each belongs to.
  private let records: [(variable: String, record: PairRecord)]
  private let path: String
  private let unused: [String]

  public static func source(at url: URL) throws -> (any PairSource)? {
    guard !url.isFolder,
      ["jsonl", "ndjson", "csv", "json"].contains(url.pathExtension.lowercased())
    else { return nil }
    return try PairFile(contentsOf: url)
  }

  /// Reads a file of pairs.
  ///
  /// - Throws: `DatasetError` with the file, the line, and what was expected.
  public init(contentsOf url: URL) throws {
    path = url.path(percentEncoded: false)
    name = url.deletingPathExtension().lastPathComponent
    let rows = try PairRows(contentsOf: url)
    unused = rows.unused
    var read = try rows.rows.map { try PairRow($0) }
    let counts = Set(read.map { $0.record.pair.sources.count })
    guard counts.count == 1 else {
      throw DatasetError.invalidData(
        path: path, line: 0,
        reason: read.isEmpty
          ? "no pairs in the file"
          : "expected as many sources in every row, found "
            + counts.sorted().map(String.init).joined(separator: " and "))
    }
    // Without answers of its own a row's are the labels seen, of one variable together.
    for variable in Set(read.map(\.variable)) {
      let seen = read.filter { $0.variable == variable }.flatMap { $0.record.pair.known }
      let answers = seen.reduce(into: [String]()) { list, answer in
        if list.count < 256, !list.contains(answer) { list.append(answer) }
      }
      for index in read.indices
      where read[index].variable == variable && read[index].record.pair.answers.isEmpty {
        let own = read[index].record.pair.known.filter { !answers.contains($0) }
        read[index].record.pair.answers = answers + own
      }
    }
    if let row = read.first(where: { Set($0.record.pair.answers).count < 2 }) {
      throw DatasetError.invalidData(
        path: path, line: row.line,
        reason: "expected at least two answers to compare, found only "
          + quoted(row.record.pair.label) + " in the whole file; add a column 'answers'")
    }
    // A row without a group is one by itself, where others have theirs.
    if read.contains(where: { !$0.record.groups.isEmpty }) {
      for index in read.indices where read[index].record.groups.isEmpty {
        read[index].record.groups = ["line \(read[index].line)"]
      }
    }
    records = read.map { ($0.variable, $0.record) }
    variables = read.map(\.variable).reduce(into: []) { list, variable in
      if !list.contains(variable) { list.append(variable) }
    }
    usualCount = read.count
  }

  public func parts(_ wish: PairWish) throws -> PairParts {
    let variable = try variable(wish)
    let own = records.filter { $0.variable == variable }.map(\.record)
    var parts = try PairParts(own, variable: variable, disjoint: "groups", wish: wish)
    let others = records.count - own.count
    if others > 0 { parts.dropped["of other variables"] = others }
    parts.notes += notes(own)
    return parts
  }

  /// Warnings that help: an unbalanced file, labels without a space, fields that mean nothing.
  private func notes(_ records: [PairRecord]) -> [String] {
    let pairs = records.map(\.pair)
    var notes: [String] = []
    if !unused.isEmpty {
      notes.append("\(path): not used: \(unused.joined(separator: ", "))")
    }
    let labels = Dictionary(grouping: pairs, by: \.label).mapValues(\.count)
    if let (label, count) = labels.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
      count * 10 >= pairs.count * 7
    {
      let counts = labels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(8).map {
        "\(quoted($0.key)) \($0.value)"
      }
      notes.append(
        "\(path): unbalanced: \(counts.joined(separator: ", ")); always saying \(quoted(label)) "
          + "would be right in \(100 * count / pairs.count) % of the pairs")
    }
    let unchanged = pairs.count { $0.label == $0.baseAnswer }
    if unchanged > 0 {
      notes.append(
        "\(path): in \(unchanged) of \(pairs.count) pairs the label is the base's own answer")
    }
    if let pair = pairs.first(where: { pair in
      (pair.base.text.last.map { $0.isLetter || $0.isPunctuation } ?? false)
        && (pair.label.first?.isLetter ?? false)
    }) {
      notes.append(
        "\(path): the label \(quoted(pair.label)) has no space before it, so it reads "
          + quoted(String(pair.base.text.suffix(20)) + pair.label))
    }
    return notes
  }
}

extension TextPair {
  /// The answers that a row names.
  fileprivate var known: [String] {
    [label] + [baseAnswer].compactMap { $0 } + sourceAnswers.compactMap { $0 }
  }
}
