import Foundation

/// The form of a data file.
public enum DataFormat: String, Sendable, CaseIterable {
  /// A JSON array of objects with `instruction`, `input`, `output` and `answer`, as in
  /// LLM-Adapters.
  case instructions
  /// An object a line, with the fields of ``instructions`` or with `prompt` and `completion`.
  case jsonLines = "jsonl"
  /// Comma-separated values (RFC 4180) under a header: `prompt` and `completion`, `text` and
  /// `label`, or the fields of ``instructions``.
  case csv
  /// Tab-separated values as GLUE's tasks have them: a ``GLUETask``, or the columns of ``csv``.
  case tsv

  /// The form that a file's ending stands for; nil for other endings.
  public init?(ofFileAt url: URL) {
    switch url.pathExtension.lowercased() {
    // Some files of lines end in .json.
    case "json": self = DataFormat(beginningOfFileAt: url) ?? .instructions
    case "jsonl", "ndjson": self = .jsonLines
    case "csv": self = .csv
    case "tsv": self = .tsv
    default: return nil
    }
  }
}

extension DataFormat {
  /// The form of a JSON file by its first character: an array, or an object a line.
  init?(beginningOfFileAt url: URL) {
    guard let handle = try? FileHandle(forReadingFrom: url) else { return nil }
    defer { try? handle.close() }
    guard let data = try? handle.read(upToCount: 4096) else { return nil }
    let isMark: (UInt8) -> Bool = { [0xEF, 0xBB, 0xBF, 0x20, 0x09, 0x0A, 0x0D].contains($0) }
    switch data.first(where: { !isMark($0) }) {
    case UInt8(ascii: "["): self = .instructions
    case UInt8(ascii: "{"): self = .jsonLines
    default: return nil
    }
  }
}

/// A part of a data set.
public enum DataSplit: String, Sendable, CaseIterable, Codable {
  /// The part to learn from, the part to choose by, and the part to measure on.
  case train, dev, test

  /// The names that files of this part have.
  var fileNames: [String] {
    switch self {
    case .train: ["train"]
    case .dev: ["dev", "validation", "valid", "dev_matched"]
    case .test: ["test"]
    }
  }
}
