/// Reads an expression's form by recursive descent.
struct ExpressionParser {
  /// The longest expression, in characters.
  static let longest = 4096
  /// Parts may be in one another at most that deep.
  private static let deepest = 64
  /// Words that aren't names.
  static let keywords: Set = ["if", "then", "else", "and", "or", "not", "true", "false"]

  private let text: String
  private let tokens: [ExpressionToken]
  private var position = 0
  private var depth = 0

  static func parse(_ text: String) throws -> ExpressionSyntax {
    guard text.count <= longest else {
      throw ExpressionError(
        text: text, column: longest + 1, problem: "expected at most \(longest) characters")
    }
    var parser = ExpressionParser(text: text, tokens: try ExpressionToken.tokens(text))
    let syntax = try parser.expression()
    guard parser.current.kind == .end else {
      throw parser.fault("expected an operator or the end, found \(parser.current.summary)")
    }
    return syntax
  }

  private init(text: String, tokens: [ExpressionToken]) {
    (self.text, self.tokens) = (text, tokens)
  }

  private var current: ExpressionToken { tokens[position] }

  private func fault(_ problem: String, at column: Int? = nil) -> ExpressionError {
    ExpressionError(text: text, column: column ?? current.column, problem: problem)
  }

  private mutating func take(_ kind: ExpressionToken.Kind) -> Bool {
    guard current.kind == kind else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ kind: ExpressionToken.Kind) throws {
    let column = current.column
    guard !take(kind) else { return }
    let expected = ExpressionToken(kind: kind, column: column).summary
    throw fault("expected \(expected), found \(current.summary)")
  }

  private mutating func deeper<Result>(
    _ parse: (inout ExpressionParser) throws -> Result
  ) throws -> Result {
    guard depth < Self.deepest else {
      throw fault("expected parts at most \(Self.deepest) deep in one another")
    }
    depth += 1
    defer { depth -= 1 }
    return try parse(&self)
  }

  private mutating func expression() throws -> ExpressionSyntax {
    try deeper { parser in
      let column = parser.current.column
      guard parser.take(.name("if")) else { return try parser.joined("or") }
      let condition = try parser.expression()
      try parser.expect(.name("then"))
      let then = try parser.expression()
      try parser.expect(.name("else"))
      return .conditional(condition, then: then, else: try parser.expression(), column: column)
    }
  }

  /// Truth values joined by `or`, or those joined by `and`: later parts are reached only where
  /// they decide.
  private mutating func joined(_ word: String) throws -> ExpressionSyntax {
    var parts = [word == "or" ? try joined("and") : try negated()]
    var columns: [Int] = []
    while current.kind == .name(word) {
      columns.append(current.column)
      position += 1
      parts.append(word == "or" ? try joined("and") : try negated())
    }
    guard columns.count <= Self.longest, var syntax = parts.popLast() else { return parts[0] }
    for (part, column) in zip(parts, columns).reversed() {
      syntax =
        word == "or"
        ? .conditional(part, then: .constant(true), else: syntax, column: column)
        : .conditional(part, then: syntax, else: .constant(false), column: column)
    }
    return syntax
  }

  private mutating func negated() throws -> ExpressionSyntax {
    let column = current.column
    guard take(.name("not")) else { return try level(0) }
    return .operation(.not, [try deeper { try $0.negated() }], column: column)
  }

  /// The operators of one precedence, and tighter ones inside.
  private mutating func level(_ index: Int) throws -> ExpressionSyntax {
    guard index < ExpressionOperation.operators.count else { return try signed() }
    var syntax = try level(index + 1)
    var count = 0
    while case .sign(let sign) = current.kind,
      let operation = ExpressionOperation.operators[index].first(where: { $0.name == sign })
    {
      guard index > 0 || count == 0 else {
        throw fault("a comparison of a comparison; use 'and', or brackets")
      }
      let column = current.column
      position += 1
      count += 1
      guard count < Self.deepest * 4 else { throw fault("expected fewer operators") }
      syntax = .operation(operation, [syntax, try level(index + 1)], column: column)
    }
    return syntax
  }

  private mutating func signed() throws -> ExpressionSyntax {
    let column = current.column
    guard take(.sign("-")) else { return try primary() }
    return .operation(.negation, [try deeper { try $0.signed() }], column: column)
  }

  private mutating func primary() throws -> ExpressionSyntax {
    let token = current
    position = min(position + 1, tokens.count - 1)
    switch token.kind {
    case .number(let number): return .constant(.int(number))
    case .text(let text): return .constant(.string(text))
    case .name("true"): return .constant(true)
    case .name("false"): return .constant(false)
    case .name(let name) where !Self.keywords.contains(name):
      if take(.sign("[")) {
        let key = try expression()
        try expect(.sign("]"))
        return .lookup(table: name, key, column: token.column)
      }
      guard take(.sign("(")) else { return .name(name, column: token.column) }
      var arguments = [try expression()]
      while take(.sign(",")) { arguments.append(try expression()) }
      try expect(.sign(")"))
      return .call(name, arguments, column: token.column)
    case .sign("("):
      let inner = try expression()
      try expect(.sign(")"))
      return inner
    default: throw fault("expected a value, found \(token.summary)", at: token.column)
    }
  }
}
