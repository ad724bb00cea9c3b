import Foundation
import InterchangeCausalModels

/// The head of `manifest.json`; its members `texts` and `rows` follow, an element a line.
struct CollectionManifest: Encodable {
  /// A site's file.
  struct Place: Encodable {
    let site: String
    let layer: Int
    let head: Int?
    let file: String
    /// The tensor's name in a safetensors file.
    let tensor: String
    /// [rows, width]
    let shape: [Int]
  }

  let version: String
  let model: RunRecord.ModelIdentity?
  let source: String
  let label: String?
  let format: String
  let dtype: String
  let positions: String
  let rowCount: Int
  let sites: [Place]

  /// A text, by whose index rows name it.
  struct Text: Encodable {
    let text: String
    let label: String?
  }

  /// A row's place.
  struct Row: Encodable {
    let text: Int
    let position: Int
    /// The token's number and text; none in a target that has only begun.
    let id: Int?
    let token: String?
  }
}

/// Writes a manifest piece by piece: it may be longer than memory.
struct ManifestWriter {
  private let write: (UnsafeRawBufferPointer) throws -> Void
  private let encoder = JSONEncoder()
  private var pending: [UInt8] = []
  private var rows = 0

  init(_ write: @escaping (UnsafeRawBufferPointer) throws -> Void) {
    self.write = write
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  }

  /// Writes the head and the texts.
  mutating func begin(_ head: CollectionManifest, _ texts: CollectedTexts) throws {
    pending += try encoder.encode(head).dropLast()
    for (index, text) in texts.texts.enumerated() {
      pending += (index == 0 ? ",\n\"texts\":[\n" : ",\n").utf8
      pending += try encoder.encode(
        CollectionManifest.Text(text: text.text, label: texts.labels?[index]))
      try flush(from: 1 << 16)
    }
    pending += "],\n\"rows\":[\n".utf8
  }

  mutating func add(_ row: CollectionManifest.Row) throws {
    if rows > 0 { pending += ",\n".utf8 }
    pending += try encoder.encode(row)
    rows += 1
    try flush(from: 1 << 16)
  }

  mutating func end() throws {
    pending += "]}\n".utf8
    try flush(from: 0)
  }

  private mutating func flush(from least: Int) throws {
    guard pending.count >= least else { return }
    try pending.withUnsafeBytes { try write($0) }
    pending.removeAll(keepingCapacity: true)
  }
}
