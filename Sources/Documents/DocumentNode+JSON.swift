import InterchangeBasics

extension DocumentNode {
  /// The value as JSON, without its places.
  public var json: JSONValue {
    switch content {
    case .null: .null
    case .bool(let flag): .bool(flag)
    case .integer(let number): .integer(number)
    case .number(let number): .number(number)
    case .text(let text): .string(text)
    case .list(let elements): .array(elements.map(\.json))
    case .mapping(let entries):
      .object(entries.map { JSONValue.Member(key: $0.key, value: $0.value.json) })
    }
  }

  /// The words of a single value, as a command line takes them; nil for nothing, a list and a
  /// mapping.
  public var scalar: String? {
    switch content {
    case .text(let text): text
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .bool(let flag): "\(flag)"
    case .null, .list, .mapping: nil
    }
  }
}

extension DocumentNode {
  /// The same value at the place of another one.
  package func at(_ other: DocumentNode) -> DocumentNode {
    DocumentNode(content, source: other.source, line: other.line, place: other.place)
  }
}
