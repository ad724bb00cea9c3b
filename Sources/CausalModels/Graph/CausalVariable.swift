/// A named variable of a causal model: an input, or a function of other variables.
public struct CausalVariable: Sendable {
  /// A mechanism's value as a function of its parents' values, given in the parents' order.
  public typealias Function = @Sendable ([CausalValue]) throws -> CausalValue

  enum Kind: Sendable {
    case input(allowed: Set<CausalValue>?)
    case mechanism(Function)
  }

  /// The variable's name, unique in its model.
  public let name: String
  /// The variables that the value is computed from; empty for an input.
  public let parents: [String]
  let kind: Kind

  /// True when the value is given from outside.
  public var isInput: Bool {
    if case .input = kind { true } else { false }
  }

  /// An input, which may be restricted to a finite set of values.
  public static func input(_ name: String, values: [CausalValue]? = nil) -> CausalVariable {
    CausalVariable(name: name, parents: [], kind: .input(allowed: values.map(Set.init)))
  }

  /// A variable computed from its parents, whose values the function gets in this order.
  public static func mechanism(
    _ name: String, of parents: String..., function: @escaping Function
  ) -> CausalVariable {
    CausalVariable(name: name, parents: parents, kind: .mechanism(function))
  }

  /// A variable looked up by its one parent's value.
  ///
  /// A run throws `CausalModelError.noEntry` for a value that the table lacks.
  public static func table(
    _ name: String, of parent: String, _ entries: [CausalValue: CausalValue]
  ) -> CausalVariable {
    mechanism(name, of: parent) { values in
      guard let entry = entries[values[0]] else {
        throw CausalModelError.noEntry(variable: name, parent: parent, value: values[0])
      }
      return entry
    }
  }

  /// Checks that an input may have the value.
  ///
  /// - Throws: `CausalModelError.valueNotAllowed` when an input may not have the value.
  func check(_ value: CausalValue) throws {
    guard case .input(let allowed?) = kind, !allowed.contains(value) else { return }
    throw CausalModelError.valueNotAllowed(
      variable: name, value: value, allowed: allowed.map(\.description).sorted())
  }
}
