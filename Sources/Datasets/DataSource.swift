import Foundation
import InterchangeBasics
import InterchangeTokenizers

/// A file of examples, or a folder with a file for each part of a data set.
public struct DataSource: Sendable {
  /// The file that is read.
  public let url: URL
  /// The form of the file.
  public let format: DataFormat
  /// The data set's name: the folder's, or the file's without its ending.
  public let name: String
  /// The task, when the file is one of GLUE's.
  public let glue: GLUETask?

  /// Finds the file.
  ///
  /// - Parameters:
  ///   - path: a file, or a folder that holds one a part, such as `train.json` or `dev.tsv`; `~` is
  ///     the home folder
  ///   - split: the part of a folder; by default the training part
  ///   - format: the form of the file; by default it follows from the file's ending or its first
  ///     character
  ///   - glue: the task of a GLUE folder; by default it follows from the folder's name and columns
  /// - Throws: ``DatasetError/invalidData(path:line:reason:)`` when there is no such file or its
  ///   form is unknown.
  public init(
    _ path: String, split: DataSplit? = nil, format: DataFormat? = nil, glue: GLUETask? = nil
  ) throws {
    let given = URL(userPath: path).standardizedFileURL
    guard given.exists else {
      throw DatasetError.invalidData(
        path: given.path, line: 0, reason: "no such file or folder")
    }
    url = given.isFolder ? try Self.file(of: split ?? .train, in: given, format) : given
    guard let format = format ?? DataFormat(ofFileAt: url) ?? DataFormat(beginningOfFileAt: url)
    else {
      let known = DataFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw DatasetError.invalidData(
        path: url.path, line: 0,
        reason:
          "expected a file that ends in .json, .jsonl, .csv or .tsv, or a stated format: \(known)")
    }
    self.format = format
    let stem = url.deletingPathExtension().lastPathComponent
    let isPart = DataSplit.allCases.contains { $0.fileNames.contains(stem) }
    name = isPart ? url.deletingLastPathComponent().lastPathComponent : stem
    self.glue = glue ?? (format == .tsv ? GLUETask(named: name) : nil)
  }

  private static func file(
    of split: DataSplit, in folder: URL, _ format: DataFormat?
  ) throws -> URL {
    let entries = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    let files = (entries ?? []).filter {
      guard let found = DataFormat(ofFileAt: $0) else { return false }
      return format == nil || found == format
    }.sorted { $0.path < $1.path }
    let matching = files.filter {
      split.fileNames.contains($0.deletingPathExtension().lastPathComponent)
    }
    guard let file = matching.first, matching.count == 1 else {
      let found = (matching.isEmpty ? files : matching).map(\.lastPathComponent)
      throw DatasetError.invalidData(
        path: folder.path, line: 0,
        reason: "expected one file for the part '\(split.rawValue)', such as "
          + "\(split.rawValue).json, found "
          + (found.isEmpty ? "no data files" : found.joined(separator: ", ")))
    }
    return file
  }

  /// Reads the examples; of labelled texts the labels are classes or numbers as
  /// ``LabelKind`` has it.
  ///
  /// - Throws: ``DatasetError/invalidData(path:line:reason:)`` naming the file, the line and the
  ///   reason.
  public func examples() throws -> [TaskExample] {
    let bytes = try TextFile.bytes(contentsOf: url)
    var examples: [TaskExample]
    switch format {
    case .instructions: examples = try arrayRecords(bytes).map { try $0.example() }
    case .jsonLines: examples = try lineRecords(bytes).map { try $0.example() }
    case .csv:
      examples = try table(DelimitedRows.commaSeparated(bytes, path: url.path)).map {
        try $0.example()
      }
    case .tsv:
      let rows = DelimitedRows.tabSeparated(bytes)
      if let glue {
        examples = try glue.examples(rows, path: url.path)
      } else if let header = rows.first?.values, let glue = GLUETask(columns: header) {
        examples = try glue.examples(rows, path: url.path)
      } else {
        examples = try table(rows).map { try $0.example() }
      }
    }
    guard !examples.isEmpty else {
      throw DatasetError.invalidData(path: url.path, line: 0, reason: "no examples in the file")
    }
    // STS-B's scores are numbers even where all of them are whole.
    let kind = glue?.words.isEmpty == true ? .numbers : examples.inferredLabelKind
    return try kind.map(examples.labelled) ?? examples
  }

  // MARK: Records

  private func arrayRecords(_ bytes: [UInt8]) throws -> [DataRecord] {
    let elements: [(value: JSONValue, position: Int)]
    do {
      elements = try JSONParser.parseElements(bytes)
    } catch {
      let line = 1 + bytes.prefix(error.position).count { $0 == UInt8(ascii: "\n") }
      throw DatasetError.invalidData(
        path: url.path, line: line, reason: "expected \(error.expected)")
    }
    var (line, counted) = (1, 0)
    return try elements.enumerated().map { index, element in
      line += bytes[counted..<element.position].count { $0 == UInt8(ascii: "\n") }
      counted = element.position
      return try record(element.value, line: line, name: "element \(index): ")
    }
  }

  private func lineRecords(_ bytes: [UInt8]) throws -> [DataRecord] {
    try JSONLines.values(bytes, path: url.path).map { line, value in
      try record(value, line: line, name: "")
    }
  }

  private func record(_ value: JSONValue, line: Int, name: String) throws -> DataRecord {
    func fault(_ reason: String) -> DatasetError {
      .invalidData(path: url.path, line: line, reason: name + reason)
    }
    guard let members = value.members else {
      throw fault("expected an object, found \(value.summary)")
    }
    var fields: [String: String] = [:]
    for member in members where Self.known.contains(member.key) {
      switch member.value {
      case .string(let text): fields[member.key] = text
      case .integer(let number): fields[member.key] = "\(number)"
      case .number(let number):
        // Whole numbers of that size are no longer told apart.
        guard abs(number) < 0x1p53 else {
          throw fault(
            "field '\(member.key)': expected a text or an integer of 64 bits, found \(number)")
        }
        // A label that is written with a decimal point is a number to predict.
        let whole = member.key == "label" ? nil : Int(exactly: number)
        fields[member.key] = whole.map(String.init) ?? "\(number)"
      case .bool(let flag): fields[member.key] = "\(flag)"
      case .null: continue
      case .array, .object:
        throw fault("field '\(member.key)': expected a text, found \(member.value.summary)")
      }
      let isText = if case .string = member.value { true } else { false }
      guard isText || member.key == "answer" || member.key == "label" else {
        throw fault("field '\(member.key)': expected a text, found \(member.value.summary)")
      }
    }
    return DataRecord(
      fields: fields, origin: TaskExample.Origin(path: url.path, line: line))
  }

  /// The fields that have a meaning; others may hold anything.
  private static let known: Set = [
    "prompt", "completion", "instruction", "input", "output", "answer", "text", "label",
  ]

  private func table(_ rows: [DelimitedRows.Row]) throws -> [DataRecord] {
    guard let header = rows.first else { return [] }
    let columns = Set(header.values)
    let forms: [Set] = [["prompt", "completion"], ["text", "label"], ["instruction"]]
    guard forms.contains(where: columns.isSuperset) else {
      throw DatasetError.invalidData(
        path: url.path, line: header.line,
        reason:
          "expected a header with prompt and completion, text and label, or instruction; found "
          + header.values.prefix(12).map { String($0.prefix(60)) }.joined(separator: ", "))
    }
    guard columns.count == header.values.count else {
      throw DatasetError.invalidData(
        path: url.path, line: header.line, reason: "a column's name occurs twice")
    }
    return try rows.dropFirst().map { row in
      try row.checked(count: header.values.count, path: url.path)
      return DataRecord(
        fields: Dictionary(uniqueKeysWithValues: zip(header.values, row.values)),
        origin: TaskExample.Origin(path: url.path, line: row.line))
    }
  }
}

extension TaskExample {
  /// Reads a file or a part of a folder; the parameters are as in
  /// ``DataSource/init(_:split:format:glue:)``.
  ///
  /// - Throws: ``DatasetError/invalidData(path:line:reason:)`` naming the file, the line and the
  ///   reason.
  public static func read(
    _ path: String, split: DataSplit? = nil, format: DataFormat? = nil
  ) throws -> [TaskExample] {
    try DataSource(path, split: split, format: format).examples()
  }
}
