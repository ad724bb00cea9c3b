/// A value that two JSON documents don't have in common.
package struct JSONDifference: Equatable {
  /// The names that lead to it, such as `training.batchSize`.
  package let name: String
  /// Its value in the one and the other, in words; `none` where it is missing.
  package let old: String
  package let new: String

  package init(name: String, old: String, new: String) {
    (self.name, self.old, self.new) = (name, old, new)
  }
}

extension JSONValue {
  /// Every member, at any depth, in which two objects differ, in the order of this one and then of
  /// the other; a member that is missing is the same as null. Two objects within them that have no
  /// name in common, such as two cases of a choice, differ as a whole.
  package func differences(from other: JSONValue, in path: String = "") -> [JSONDifference] {
    guard case .object(let members) = self, case .object(let others) = other,
      path.isEmpty || members.contains(where: { other[$0.key] != nil })
    else {
      return isSame(as: other) ? [] : [JSONDifference(name: path, old: other.words, new: words)]
    }
    var names: [String] = []
    for member in members + others where !names.contains(member.key) { names.append(member.key) }
    return names.flatMap { name in
      (self[name] ?? .null).differences(
        from: other[name] ?? .null, in: path.isEmpty ? name : "\(path).\(name)")
    }
  }

  /// Equal, whatever the form of numbers: 1 and 1.0 are.
  package func isSame(as other: JSONValue) -> Bool {
    switch (self, other) {
    case (.integer(let number), .number(let other)), (.number(let other), .integer(let number)):
      Double(number) == other
    case (.array(let elements), .array(let others)):
      elements.count == others.count && zip(elements, others).allSatisfy { $0.isSame(as: $1) }
    default: self == other
    }
  }

  /// The value for a message, arrays written out.
  private var words: String {
    switch self {
    case .null: "none"
    case .string(let text): text
    case .array(let elements) where elements.count <= 16:
      elements.map(\.words).joined(separator: ", ")
    case .object(let members) where members.count <= 16:
      members.map { $0.key == "_0" ? $0.value.words : "\($0.key) \($0.value.words)" }
        .joined(separator: ", ")
    default: summary
    }
  }
}
