import OrderedCollections

/// A high-level causal model: an acyclic graph of named variables, one of which is the output.
///
/// ```swift
/// let model = try CausalModel(
///   [
///     .input("a"), .input("b"), .input("c"),
///     .mechanism("equal", of: "a", "b") { .bool($0[0] == $0[1]) },
///     .mechanism("answer", of: "equal", "c") { $0[0] == true ? $0[1] : "none" },
///   ], output: "answer")
/// let base: Setting = ["a": 1, "b": 2, "c": 3]
/// try model.answer(base)                              // "none"
/// try model.interchange(base: base, sources: ["equal": ["a": 5, "b": 5, "c": 6]])["answer"]  // 3
/// ```
///
/// An interchange intervention on the model gives the answer that a network *should* have when its
/// representation of a variable is replaced (Geiger et al. 2021, arXiv 2106.02997).
public struct CausalModel: Sendable {
  /// The output variable's name.
  public let output: String
  /// The variables, in an order in which every parent comes before its children.
  let ordered: OrderedDictionary<String, CausalVariable>

  /// A model of these variables, given in any order.
  ///
  /// - Throws: `CausalModelError` for a name that is used twice, a parent or an output that does
  ///   not exist, and a cycle.
  public init(_ variables: [CausalVariable], output: String) throws {
    var named: OrderedDictionary<String, CausalVariable> = [:]
    for variable in variables {
      guard named.updateValue(variable, forKey: variable.name) == nil else {
        throw CausalModelError.duplicateVariable(variable.name)
      }
    }
    for variable in variables {
      for parent in variable.parents where named[parent] == nil {
        throw CausalModelError.unknownParent(variable: variable.name, parent: parent)
      }
    }
    guard named[output] != nil else {
      throw CausalModelError.missingOutput(output, known: Array(named.keys))
    }
    self.ordered = try Self.parentsFirst(named)
    self.output = output
  }

  /// The names of all variables, parents before their children.
  public var variables: [String] { Array(ordered.keys) }

  /// The names of the input variables.
  public var inputs: [String] { ordered.values.filter(\.isInput).map(\.name) }

  /// The variables that this one is computed from, or `nil` for an unknown name.
  public func parents(of variable: String) -> [String]? { ordered[variable]?.parents }

  /// Sorts by depth-first search; the path from the start shows the cycle that it closes.
  private static func parentsFirst(
    _ named: OrderedDictionary<String, CausalVariable>
  ) throws -> OrderedDictionary<String, CausalVariable> {
    var sorted: OrderedDictionary<String, CausalVariable> = [:]
    func visit(_ variable: CausalVariable, path: [String]) throws {
      guard sorted[variable.name] == nil else { return }
      if let start = path.firstIndex(of: variable.name) {
        throw CausalModelError.cycle(path[start...] + [variable.name])
      }
      for parent in variable.parents {
        guard let parent = named[parent] else { continue }
        try visit(parent, path: path + [variable.name])
      }
      sorted[variable.name] = variable
    }
    for variable in named.values { try visit(variable, path: []) }
    return sorted
  }
}
