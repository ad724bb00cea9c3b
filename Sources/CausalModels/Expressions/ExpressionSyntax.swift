/// An expression's form, before names and types are checked.
indirect enum ExpressionSyntax {
  case constant(CausalValue)
  case name(String, column: Int)
  case lookup(table: String, ExpressionSyntax, column: Int)
  case conditional(ExpressionSyntax, then: ExpressionSyntax, else: ExpressionSyntax, column: Int)
  case operation(ExpressionOperation, [ExpressionSyntax], column: Int)
  case call(String, [ExpressionSyntax], column: Int)

  /// The names of variables, each once.
  var names: [String] {
    var names: [String] = []
    collect(&names)
    return names
  }

  private func collect(_ names: inout [String]) {
    switch self {
    case .constant: break
    case .name(let name, _): if !names.contains(name) { names.append(name) }
    case .lookup(_, let key, _): key.collect(&names)
    case .conditional(let condition, let then, let other, _):
      for part in [condition, then, other] { part.collect(&names) }
    case .operation(_, let parts, _), .call(_, let parts, _):
      for part in parts { part.collect(&names) }
    }
  }
}

/// The words and signs of an expression.
struct ExpressionToken: Equatable {
  enum Kind: Equatable {
    case name(String)
    case number(Int)
    case text(String)
    case sign(String)
    case end
  }

  let kind: Kind
  /// From 1.
  let column: Int

  /// The token for messages.
  var summary: String {
    switch kind {
    case .name(let name): "'\(name)'"
    case .number(let number): "'\(number)'"
    case .text(let text): "\"\(text)\""
    case .sign(let sign): "'\(sign)'"
    case .end: "the end"
    }
  }

  private static let signs = [
    "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",",
  ]

  /// The tokens of a text and the end.
  static func tokens(_ text: String) throws -> [ExpressionToken] {
    let characters = Array(text)
    var tokens: [ExpressionToken] = []
    var index = 0
    func fault(_ column: Int, _ problem: String) -> ExpressionError {
      ExpressionError(text: text, column: column + 1, problem: problem)
    }
    while index < characters.count {
      let (start, character) = (index, characters[index])
      let kind: Kind
      if character.isWhitespace {
        index += 1
        continue
      } else if character == "\"" || character == "'" {
        (kind, index) = try quoted(characters, start, fault)
      } else if character.isASCII, character.isNumber {
        while index < characters.count, characters[index].isASCII, characters[index].isNumber {
          index += 1
        }
        let digits = String(characters[start..<index])
        guard let number = Int(digits) else {
          throw fault(start, "the number \(digits) is larger than 64 bits hold")
        }
        kind = .number(number)
      } else if character.isLetter || character == "_" {
        while index < characters.count,
          characters[index].isLetter || characters[index] == "_" || characters[index].isNumber
        {
          index += 1
        }
        kind = .name(String(characters[start..<index]))
      } else if let sign = signs.first(where: { characters[start...].starts(with: Array($0)) }) {
        index += sign.count
        kind = .sign(sign)
      } else {
        throw fault(start, hint(character))
      }
      tokens.append(ExpressionToken(kind: kind, column: start + 1))
    }
    return tokens + [ExpressionToken(kind: .end, column: characters.count + 1)]
  }

  private static func hint(_ character: Character) -> String {
    switch character {
    case "=": "'=' isn't an operator; equality is '=='"
    case "&": "'&' isn't an operator; use 'and', or '+' to join texts"
    case "|": "'|' isn't an operator; use 'or'"
    case "!": "'!' isn't an operator; use 'not', or '!='"
    case ".": "only whole numbers are known"
    default: "the character '\(character)' has no meaning here; a text is in quotes"
    }
  }

  private static func quoted(
    _ characters: [Character], _ start: Int, _ fault: (Int, String) -> ExpressionError
  ) throws -> (Kind, Int) {
    var text = ""
    var index = start + 1
    while index < characters.count, characters[index] != characters[start] {
      if characters[index] == "\\" {
        index += 1
        guard index < characters.count, let escaped = escapes[characters[index]] else {
          throw fault(index - 1, "expected \\n, \\t, \\\\, \\\" or \\' after the backslash")
        }
        text.append(escaped)
      } else {
        text.append(characters[index])
      }
      index += 1
    }
    guard index < characters.count else { throw fault(start, "the text isn't closed by a quote") }
    return (.text(text), index + 1)
  }

  private static let escapes: [Character: Character] = [
    "n": "\n", "t": "\t", "\\": "\\", "\"": "\"", "'": "'",
  ]
}
