import Foundation
import InterchangeBasics
import InterchangeDatasets

/// The rows of a file of pairs, by their fields, from JSON lines, an array of objects or CSV.
struct PairRows {
  /// A row's values by their names.
  struct Row {
    let path: String
    let line: Int
    let fields: [String: JSONValue]

    func fault(_ reason: String) -> DatasetError {
      .invalidData(path: path, line: line, reason: reason)
    }
  }

  let rows: [Row]
  /// The names of fields without a meaning.
  let unused: [String]

  init(contentsOf url: URL) throws {
    let path = url.path(percentEncoded: false)
    let bytes = try TextFile.bytes(contentsOf: url)
    let isTable = url.pathExtension.lowercased() == "csv"
    rows = isTable ? try Self.table(bytes, path) : try Self.objects(bytes, path)
    guard let first = rows.first else {
      throw DatasetError.invalidData(path: path, line: 0, reason: "no pairs in the file")
    }
    var names: [String] = []
    for row in rows {
      for name in row.fields.keys.sorted() where !names.contains(name) && names.count < 200 {
        names.append(name)
      }
    }
    let known = PairFile.required + PairFile.optional
    for name in PairFile.required where !first.fields.keys.contains(name) {
      let near = nearNames(to: name, among: names.filter { !known.contains($0) })
      throw first.fault(
        "no '\(name)'; expected \(PairFile.required.joined(separator: ", ")), found "
          + names.prefix(12).joined(separator: ", ")
          + (near.isEmpty ? "" : "; is '\(near[0])' the \(name)?"))
    }
    unused = names.filter { !known.contains($0) }
    // A misspelt field would change the result without a word.
    for name in unused {
      if let near = nearNames(to: name, among: PairFile.optional).first {
        throw first.fault("'\(name)' has no meaning; did you mean '\(near)'?")
      }
    }
  }

  private static func objects(_ bytes: [UInt8], _ path: String) throws -> [Row] {
    let first = bytes.first { !" \n\r\t".utf8.contains($0) }
    let values: [(line: Int, value: JSONValue)]
    if first == UInt8(ascii: "[") {
      do {
        values = try JSONParser.parseElements(bytes).map { (0, $0.value) }
      } catch {
        let line = 1 + bytes.prefix(error.position).count { $0 == UInt8(ascii: "\n") }
        throw DatasetError.invalidData(path: path, line: line, reason: "expected \(error.expected)")
      }
    } else {
      values = try JSONLines.values(bytes, path: path)
    }
    return try values.enumerated().map { index, entry in
      let line = entry.line > 0 ? entry.line : index + 1
      guard let members = entry.value.members else {
        throw DatasetError.invalidData(
          path: path, line: line, reason: "expected an object, found \(entry.value.summary)")
      }
      return Row(
        path: path, line: line,
        fields: Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first })
    }
  }

  /// Values of a table are texts; those that begin as a list or an object in JSON are read as such.
  private static func table(_ bytes: [UInt8], _ path: String) throws -> [Row] {
    let rows = try DelimitedRows.commaSeparated(bytes, path: path)
    guard let header = rows.first else { return [] }
    guard Set(header.values).count == header.values.count else {
      throw DatasetError.invalidData(
        path: path, line: header.line, reason: "a column's name occurs twice")
    }
    // Names of columns are not texts: spaces around them mean nothing.
    let names = header.values.map { $0.trimmingCharacters(in: .whitespaces) }
    return try rows.dropFirst().map { row in
      try row.checked(count: names.count, path: path)
      var fields: [String: JSONValue] = [:]
      for (name, value) in zip(names, row.values) where !(value.isEmpty && name != "label") {
        let isStructure =
          ["spans", "answers", "source", "source_label"].contains(name)
          && (value.hasPrefix("[") || value.hasPrefix("{"))
        fields[name] =
          (isStructure ? try? JSONParser.parse(Array(value.utf8)) : nil) ?? .string(value)
      }
      return Row(path: path, line: row.line, fields: fields)
    }
  }
}

/// One row of a file of pairs.
struct PairRow {
  let variable: String
  let line: Int
  var record: PairRecord

  init(_ row: PairRows.Row) throws {
    func text(_ name: String) throws -> String? {
      switch row.fields[name] {
      case nil, .null?: return nil
      case .string(let text)?: return text
      case .integer(let number)?: return "\(number)"
      case .bool(let flag)?: return "\(flag)"
      case let value?:
        throw row.fault("'\(name)': expected a text, found \(value.summary)")
      }
    }
    func texts(_ name: String) throws -> [String]? {
      guard let elements = row.fields[name]?.array else { return try text(name).map { [$0] } }
      return try elements.map { element in
        switch element {
        case .string(let text): return text
        case .integer(let number): return "\(number)"
        default: throw row.fault("'\(name)': expected texts, found \(element.summary)")
        }
      }
    }
    func needed<Value>(_ name: String, _ value: Value?) throws -> Value {
      guard let value else { throw row.fault("no '\(name)'") }
      return value
    }
    let base = try needed("base", text("base"))
    let sources = try needed("source", texts("source"))
    let label = try needed("label", text("label"))
    guard !base.isEmpty, !sources.isEmpty, !sources.contains(""), !label.isEmpty else {
      throw row.fault("'base', 'source' and 'label' can't be empty")
    }
    let sourceLabels = try texts("source_label")
    guard sourceLabels == nil || sourceLabels?.count == sources.count else {
      throw row.fault(
        "'source_label': expected one for each of \(sources.count) sources, found "
          + "\(sourceLabels?.count ?? 0)")
    }
    let baseLabel = try text("base_label")
    let answers = try texts("answers") ?? []
    let said = [label] + [baseLabel].compactMap { $0 } + (sourceLabels ?? [])
    if !answers.isEmpty, let other = said.first(where: { !answers.contains($0) }) {
      throw row.fault(
        "the label \(quoted(other)) is none of the answers "
          + answers.map { quoted($0) }.joined(separator: ", "))
    }
    let spans = try PairSpans(row, base: base, sources: sources)
    let pair = TextPair(
      base: SpannedText(base, spans: spans.base),
      sources: zip(sources, spans.sources).map { SpannedText($0, spans: $1) }, label: label,
      answers: answers, baseAnswer: baseLabel,
      sourceAnswers: sources.indices.map { sourceLabels?[$0] })
    let part = try text("split").map { name in
      let names: [String: DataSplit] = [
        "train": .train, "dev": .dev, "val": .dev, "valid": .dev, "validation": .dev, "test": .test,
      ]
      guard let part = names[name.lowercased()] else {
        throw row.fault("'split': expected train, dev or test, found \(quoted(name))")
      }
      return part
    }
    variable = try text("variable") ?? "variable"
    line = row.line
    record = PairRecord(pair, groups: Set(try texts("group") ?? []), part: part)
  }
}
