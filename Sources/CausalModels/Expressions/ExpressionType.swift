/// The type of an expression's value.
public enum ExpressionType: Hashable, Sendable, CustomStringConvertible {
  /// A text.
  case text
  /// A whole number of 64 bits.
  case number
  /// True or false.
  case truth

  /// The type with its article, for messages.
  public var description: String {
    switch self {
    case .text: "a text"
    case .number: "a whole number"
    case .truth: "a truth value"
    }
  }
}

extension CausalValue {
  /// The value's type.
  public var type: ExpressionType {
    switch self {
    case .string: .text
    case .int: .number
    case .bool: .truth
    }
  }
}

/// A table that expressions look values up in: `capitalOf[country]`.
public struct ExpressionTable: Sendable {
  /// The table's name.
  public let name: String
  /// The type of its keys.
  public let keyType: ExpressionType
  /// The type of its values.
  public let valueType: ExpressionType
  /// The keys in their order.
  public let keys: [CausalValue]
  let entries: [CausalValue: CausalValue]

  /// A table of these entries; nil when there is none, a key occurs twice, or their types differ.
  public init?(_ name: String, _ entries: [(key: CausalValue, value: CausalValue)]) {
    guard let first = entries.first,
      entries.allSatisfy({ $0.key.type == first.key.type && $0.value.type == first.value.type })
    else { return nil }
    self.name = name
    (keyType, valueType) = (first.key.type, first.value.type)
    keys = entries.map(\.key)
    self.entries = Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
    guard self.entries.count == entries.count else { return nil }
  }

  /// The value of a key; nil for a key that the table lacks.
  public subscript(key: CausalValue) -> CausalValue? { entries[key] }
}
