import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors

/// Changes of the fixtures' models.
enum ModelFixture {
  /// Reads a model, with its tokenizer where it has one.
  static func load(_ url: URL) throws -> Model {
    if url.isFolder, !url.appending(component: "tokenizer.json").exists {
      return Model(try ModelFamilies.architecture(in: ModelFolder(url)))
    }
    return try LanguageModel(contentsOf: url).network
  }

  /// Sets fields of a file of a folder, its `config.json` unless another is named.
  static func set(
    _ fields: [String: JSONValue], in folder: URL, file: String = "config.json"
  ) throws {
    let url = folder.appending(component: file)
    var members: [JSONValue.Member] = []
    if url.exists {
      members = try JSONParser.parse(Array(try Data(contentsOf: url))).members ?? []
    }
    members.removeAll { fields[$0.key] != nil }
    members += fields.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: $0.value) }
    try Data(text(.object(members)).utf8).write(to: url)
  }

  private static func text(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let truth): "\(truth)"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .string(let text):
      "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    case .array(let elements): "[" + elements.map(text).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { text(.string($0.key)) + ": " + text($0.value) }.joined(separator: ", ")
        + "}"
    }
  }

  typealias Named = (name: String, tensor: Tensor)

  /// Writes a folder's tensors again, changed.
  static func rewrite(_ folder: URL, _ change: ([Named]) throws -> [Named]) throws {
    let url = folder.appending(component: "model.safetensors")
    let file = try SafetensorsFile(contentsOf: url)
    let tensors = try file.names.map { (name: $0, tensor: try file.tensor(named: $0).floats()) }
    try Safetensors.write(try change(tensors), to: url)
  }

  /// Writes llama-gqa.gguf again, with more keys and changed tensors, as one file or in parts.
  static func writeGGUF(
    to url: URL, adding keys: [(key: String, value: GGUF.Value)] = [],
    _ change: ([Named]) throws -> [Named] = { $0 }
  ) throws {
    let file = try GGUFFile(contentsOf: Fixtures.url("llama-gqa.gguf"))
    let tensors = try file.names.map { (name: $0, tensor: try file.tensor(named: $0).floats()) }
    let own = file.metadataKeys.filter { key in !keys.contains { $0.key == key } }
    try GGUF.write(
      try change(tensors),
      metadata: own.compactMap { key in
        value(file.metadata[key]!).map { (key, $0) }
      } + keys, to: url)
  }

  /// A value as it is written; nil for arrays of numbers, which say of tokens what the writer
  /// can't.
  private static func value(_ value: MetadataValue) -> GGUF.Value? {
    switch value {
    case .uint32(let number): .uint32(number)
    case .int32(let number): .int32(number)
    case .float32(let number): .float32(number)
    case .boolean(let truth): .boolean(truth)
    case .string(let text): .string(text)
    case .array: [String](metadata: value).map(GGUF.Value.strings)
    default: nil
    }
  }
}
