import Foundation
import InterchangeBasics
import InterchangeCausalModels
import InterchangeDatasets

/// A file of labeled texts: JSON lines or CSV with `text` and `label`.
///
/// ```json
/// {"text": "The keys to the cabinet", "label": "plural", "word": "keys", "group": "key"}
/// ```
///
/// `word` is a part of the text, to which the position `word` or `word.end` then belongs. Texts of
/// one `group` come into the same part; `split` says the part itself: train or test.
struct ProbeFile {
  private static let required = ["text", "label"]
  private static let optional = ["word", "group", "split"]
  private let path: String
  private let name: String
  private var rows: [(line: Int, fields: [String: String])] = []

  /// Tells whether a file has labeled texts: its first row has a text and a label, and no base.
  static func reads(_ url: URL) -> Bool {
    guard ["jsonl", "ndjson", "csv"].contains(url.pathExtension.lowercased()),
      let file = try? ProbeFile(rowsOf: url), let first = file.rows.first
    else { return false }
    return first.fields["base"] == nil
  }

  init(contentsOf url: URL) throws {
    self = try ProbeFile(rowsOf: url)
    guard let first = rows.first else { throw fault(0, "no texts in the file") }
    for field in Self.required where first.fields[field] == nil {
      throw fault(
        first.line,
        "no '\(field)'; expected text and label, found "
          + first.fields.keys.sorted().prefix(12).joined(separator: ", "))
    }
    let known = Self.required + Self.optional
    for field in first.fields.keys.sorted() where !known.contains(field) {
      if let near = nearNames(to: field, among: Self.optional).first {
        throw fault(first.line, "'\(field)' has no meaning; did you mean '\(near)'?")
      }
    }
  }

  private init(rowsOf url: URL) throws {
    path = url.path(percentEncoded: false)
    name = url.deletingPathExtension().lastPathComponent
    let bytes = try TextFile.bytes(contentsOf: url)
    guard url.pathExtension.lowercased() == "csv" else {
      rows = try JSONLines.values(bytes, path: path).map { line, value in
        guard let members = value.members else {
          throw fault(line, "expected an object, found \(value.summary)")
        }
        let texts = members.map {
          (
            $0.key,
            $0.value.string ?? $0.value.bool.map(String.init)
              ?? $0.value.integer.map(String.init) ?? ""
          )
        }
        return (line, Dictionary(texts) { first, _ in first })
      }
      return
    }
    let table = try DelimitedRows.commaSeparated(bytes, path: path)
    guard let header = table.first else { return }
    guard Set(header.values).count == header.values.count else {
      throw fault(header.line, "a column's name comes twice")
    }
    rows = try table.dropFirst().map { row in
      try row.checked(count: header.values.count, path: path)
      return (row.line, Dictionary(uniqueKeysWithValues: zip(header.values, row.values)))
    }
  }

  private func fault(_ line: Int, _ reason: String) -> DatasetError {
    .invalidData(path: path, line: line, reason: reason)
  }

  /// The texts, or as many of them as are wanted, at random.
  func texts(count: Int?, seed: UInt64) throws -> LabeledTexts {
    var texts = try rows.map { row -> LabeledTexts.LabeledText in
      guard let text = row.fields["text"], !text.isEmpty, let label = row.fields["label"],
        !label.isEmpty
      else { throw fault(row.line, "expected a text and a label, found an empty one") }
      return LabeledTexts.LabeledText(
        text: SpannedText(text, spans: try spans(of: text, row.fields["word"], row.line)),
        label: label,
        members: row.fields["group"].map { $0.isEmpty ? [] : [$0] } ?? [],
        side: try side(row.fields["split"], row.line))
    }
    if texts.contains(where: { $0.side != nil }),
      let row = texts.firstIndex(where: { $0.side == nil })
    {
      throw fault(rows[row].line, "expected train or test as 'split', which other rows have")
    }
    if let count, count < texts.count {
      var generator = SplitMix64(seed: seed)
      texts = Array(texts.shuffled(using: &generator).prefix(count))
    }
    let isGrouped = texts.allSatisfy { !$0.members.isEmpty }
    return LabeledTexts(
      name, label: "label", group: "groups", texts: texts,
      notes: isGrouped || texts.contains { $0.side != nil }
        ? []
        : [
          "\(path): without a 'group' in every row the parts may share words; the held-out "
            + "accuracy may be that of words known by heart"
        ])
  }

  private func spans(
    of text: String, _ word: String?, _ line: Int
  ) throws -> [String: Range<Int>] {
    guard let word, !word.isEmpty else { return [:] }
    let places = text.ranges(of: word)
    guard places.count == 1 else {
      throw fault(
        line, "expected the word '\(word)' once in the text, found it \(places.count) times")
    }
    let start = text.utf8.distance(from: text.startIndex, to: places[0].lowerBound)
    return ["word": start..<start + word.utf8.count]
  }

  private func side(_ text: String?, _ line: Int) throws -> SplitRecord.Part? {
    guard let text, !text.isEmpty else { return nil }
    guard let part = SplitRecord.Part(rawValue: text) else {
      throw fault(line, "expected train or test as 'split', found '\(text)'")
    }
    return part
  }
}
