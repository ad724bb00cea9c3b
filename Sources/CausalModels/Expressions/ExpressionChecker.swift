import InterchangeBasics

/// Gives an expression's names their meaning and its parts their types.
struct ExpressionChecker {
  let text: String
  let types: [String: ExpressionType]
  let tables: [ExpressionTable]
  private(set) var variables: [String] = []

  init(text: String, types: [String: ExpressionType], tables: [ExpressionTable]) {
    (self.text, self.types, self.tables) = (text, types, tables)
  }

  mutating func check(
    _ syntax: ExpressionSyntax
  ) throws -> (node: CausalExpression.Node, type: ExpressionType) {
    switch syntax {
    case .constant(let value): return (.constant(value), value.type)
    case .name(let name, let column):
      guard let type = types[name] else { throw unknown(name, column) }
      if !variables.contains(name) { variables.append(name) }
      return (.variable(name), type)
    case .lookup(let name, let key, let column):
      guard let table = tables.first(where: { $0.name == name }) else {
        throw fault(
          column,
          "no table is named '\(name)'"
            + (types[name] == nil ? known(tables.map(\.name)) : "; it is a variable"))
      }
      let key = try check(key)
      guard key.type == table.keyType else {
        throw fault(
          column, "the table '\(name)' is looked up by \(table.keyType), found \(key.type)")
      }
      return (.lookup(table, key.node, column: column), table.valueType)
    case .conditional(let condition, let then, let other, let column):
      let condition = try check(condition)
      guard condition.type == .truth else {
        throw fault(column, "expected a truth value to decide by, found \(condition.type)")
      }
      let (then, other) = (try check(then), try check(other))
      guard then.type == other.type else {
        throw fault(
          column, "expected two values of one type, found \(then.type) and \(other.type)")
      }
      return (.conditional(condition.node, then: then.node, else: other.node), then.type)
    case .operation(let operation, let arguments, let column):
      return try apply(operation, arguments, column)
    case .call(let name, let arguments, let column):
      guard let function = ExpressionOperation.functions.first(where: { $0.name == name }) else {
        throw fault(
          column,
          "no function is named '\(name)'" + known(ExpressionOperation.functions.map(\.name)))
      }
      return try apply(function, arguments, column)
    }
  }

  private mutating func apply(
    _ operation: ExpressionOperation, _ arguments: [ExpressionSyntax], _ column: Int
  ) throws -> (node: CausalExpression.Node, type: ExpressionType) {
    let arguments = try arguments.map { try check($0) }
    let found = arguments.map(\.type)
    guard let form = operation.forms.first(where: { $0.arguments == found }) else {
      throw fault(
        column,
        "'\(operation.name)' takes \(operation.takes); found "
          + found.map(\.description).joined(separator: " and "))
    }
    return (.call(form, arguments.map(\.node), column: column), form.result)
  }

  private func unknown(_ name: String, _ column: Int) -> ExpressionError {
    if tables.contains(where: { $0.name == name }) {
      return fault(column, "'\(name)' is a table; look a value up in it: \(name)[…]")
    }
    return fault(
      column,
      "no variable is named '\(name)'" + known(types.keys.sorted())
        + "; a text is in quotes inside the expression")
  }

  private func known(_ names: [String]) -> String {
    names.isEmpty
      ? "; there is none" : "; expected one of \(names.prefix(30).joined(separator: ", "))"
  }

  private func fault(_ column: Int, _ problem: String) -> ExpressionError {
    ExpressionError(text: text, column: column, problem: problem)
  }
}
