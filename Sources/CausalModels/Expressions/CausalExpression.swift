/// A function of a causal model's variables, written as text: `if a > b then "yes" else "no"`.
///
/// The language is small and total: equality, order, arithmetic, joins of texts, conditionals,
/// `and`, `or`, `not`, tables and a handful of functions; no loops, no code. Types are checked
/// before anything runs. Its only faults at run time are a number beyond 64 bits, a division by
/// zero, a key that a table lacks and a text that grows too long, told with their column.
///
/// ```swift
/// let sum = try CausalExpression("(a + b) / 10", types: ["a": .number, "b": .number])
/// try sum.value(["a": 7, "b": 5])  // 1
/// ```
public struct CausalExpression: Sendable {
  indirect enum Node: Sendable {
    case constant(CausalValue)
    case variable(String)
    case lookup(ExpressionTable, Node, column: Int)
    case conditional(Node, then: Node, else: Node)
    case call(ExpressionOperation.Form, [Node], column: Int)
  }

  /// The text as it was written.
  public let text: String
  /// The type of its value.
  public let type: ExpressionType
  /// The variables that it reads, each once, in the order of their first use.
  public let variables: [String]
  let root: Node

  /// Parses and checks an expression.
  ///
  /// - Parameters:
  ///   - types: the variables that it may read
  ///   - tables: the tables that it may look values up in
  /// - Throws: ``ExpressionError`` with the column of a fault of form or type.
  public init(
    _ text: String, types: [String: ExpressionType], tables: [ExpressionTable] = []
  ) throws {
    let syntax = try ExpressionParser.parse(text)
    var checker = ExpressionChecker(text: text, types: types, tables: tables)
    (root, type) = try checker.check(syntax)
    variables = checker.variables
    self.text = text
  }

  /// The names in an expression that aren't followed by a bracket, without any check: what it
  /// reads.
  ///
  /// - Throws: ``ExpressionError`` for a fault of form.
  public static func names(in text: String) throws -> [String] {
    try ExpressionParser.parse(text).names
  }

  /// The value for values of the variables.
  ///
  /// - Throws: ``ExpressionError`` for a fault of the values, `CausalModelError` for a variable
  ///   without a value.
  public func value(_ setting: Setting) throws -> CausalValue {
    try value(root, setting)
  }

  private func value(_ node: Node, _ setting: Setting) throws -> CausalValue {
    switch node {
    case .constant(let value): return value
    case .variable(let name):
      guard let value = setting[name] else { throw CausalModelError.missingInput(name) }
      return value
    case .lookup(let table, let key, let column):
      let key = try value(key, setting)
      guard let entry = table[key] else {
        throw ExpressionError(
          text: text, column: column, problem: "the table '\(table.name)' has no entry '\(key)'")
      }
      return entry
    case .conditional(let condition, let then, let other):
      return try value(value(condition, setting) == .bool(true) ? then : other, setting)
    case .call(let form, let arguments, let column):
      let values = try arguments.map { try value($0, setting) }
      do {
        return try form.apply(values)
      } catch let fault as ExpressionOperation.Fault {
        throw ExpressionError(
          text: text, column: column,
          problem: "\(fault.problem), with \(values.map(\.description).joined(separator: " and "))")
      }
    }
  }
}

extension CausalExpression {
  /// The values that it can have, in the order in which they are written; nil where they can't be
  /// told, or are more than `most`.
  ///
  /// - Parameter domains: the values that variables can have, where they are known
  func possibleValues(_ domains: [String: [CausalValue]], most: Int) -> [CausalValue]? {
    guard type != .truth else { return [false, true] }
    guard let found = values(of: root, domains) else { return nil }
    let different = found.indices.filter { !found[..<$0].contains(found[$0]) }.map { found[$0] }
    return different.count <= most ? different : nil
  }

  private func values(of node: Node, _ domains: [String: [CausalValue]]) -> [CausalValue]? {
    switch node {
    case .constant(let value): [value]
    case .variable(let name): domains[name]
    case .lookup(let table, _, _): table.keys.compactMap { table[$0] }
    case .conditional(_, let then, let other):
      values(of: then, domains).flatMap { first in values(of: other, domains).map { first + $0 } }
    case .call: nil
    }
  }
}

extension CausalVariable {
  /// A variable that an expression computes from those that it reads.
  public static func expression(_ name: String, _ expression: CausalExpression) -> CausalVariable {
    let parents = expression.variables
    return CausalVariable(
      name: name, parents: parents,
      kind: .mechanism { values in
        try expression.value(Dictionary(uniqueKeysWithValues: zip(parents, values)))
      })
  }
}
