/// The expressions that a Jinja template puts out and the statements it has, in one spelling:
/// without white space between words, strings in single quotes with their escapes resolved,
/// neighboring strings joined, `message.role` as `message['role']`. Enough to recognize a template,
/// not to run it.
///
/// White space around tags is treated as chat templates are rendered: with `trim_blocks` and
/// `lstrip_blocks`. Text that follows an output counts as part of it.
struct JinjaOutputs {
  /// The expressions in `{{ }}`.
  private(set) var expressions: Set<String> = []
  /// The statements in `{% %}`.
  private(set) var statements: Set<String> = []
  /// True when there is text that belongs to no output.
  private(set) var hasLooseText = false

  private enum Kind { case output, statement, comment }

  init(_ source: String) {
    var rest = Array(source.unicodeScalars)[...]
    if rest.last == "\n" { rest.removeLast() }
    var expression: String?
    var afterStatement = false
    var trimsLeft = false
    while true {
      let (text, kind) = Self.text(before: &rest)
      var between = text
      var startsLine = text.startIndex == 0
      if afterStatement, between.first == "\n" {
        between.removeFirst()
        startsLine = true
      }
      if trimsLeft { between = between.drop(while: Self.isSpace) }
      let trimsRight = kind != nil && rest.first == "-"
      if trimsRight { between = Self.trimmingEnd(between) { Self.isSpace($0) } }
      if kind == .statement || kind == .comment {
        between = Self.trimmingLineEnd(between, startsLine: startsLine)
      }
      let literal = String(String.UnicodeScalarView(between))
      if let found = expression {
        expressions.insert(Self.joined(literal.isEmpty ? found : found + "+'\(literal)'"))
      } else if !literal.isEmpty {
        hasLooseText = true
      }
      guard let kind else { break }
      var code = Self.code(until: kind, in: &rest)
      if code.first == "-" || code.first == "+" { code.removeFirst() }
      trimsLeft = code.last == "-"
      if trimsLeft { code.removeLast() }
      expression = nil
      afterStatement = kind != .output
      switch kind {
      case .output: expression = Self.normalised(code)
      case .statement: statements.insert(Self.joined(Self.normalised(code)))
      case .comment: break
      }
    }
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

  private static func trimmingEnd(
    _ text: ArraySlice<Unicode.Scalar>, while drops: (Unicode.Scalar) -> Bool
  ) -> ArraySlice<Unicode.Scalar> {
    var text = text
    while let last = text.last, drops(last) { text.removeLast() }
    return text
  }

  /// The text without the spaces between a line's start and the tag that follows.
  private static func trimmingLineEnd(
    _ text: ArraySlice<Unicode.Scalar>, startsLine: Bool
  ) -> ArraySlice<Unicode.Scalar> {
    let trimmed = trimmingEnd(text) { $0 == " " || $0 == "\t" }
    return trimmed.last == "\n" || trimmed.isEmpty && startsLine ? trimmed : text
  }

  /// Takes the text up to the next tag and the tag's opening.
  private static func text(
    before rest: inout ArraySlice<Unicode.Scalar>
  ) -> (ArraySlice<Unicode.Scalar>, Kind?) {
    let start = rest.startIndex
    var index = start
    while index + 1 < rest.endIndex {
      let kind: Kind? =
        switch (rest[index], rest[index + 1]) {
        case ("{", "{"): .output
        case ("{", "%"): .statement
        case ("{", "#"): .comment
        default: nil
        }
      if let kind {
        let text = rest[start..<index]
        rest = rest[(index + 2)...]
        return (text, kind)
      }
      index += 1
    }
    let text = rest
    rest = rest[rest.endIndex...]
    return (text, nil)
  }

  /// Takes the inside of a tag and its closing.
  private static func code(
    until kind: Kind, in rest: inout ArraySlice<Unicode.Scalar>
  ) -> ArraySlice<Unicode.Scalar> {
    let last: Unicode.Scalar = kind == .output ? "}" : kind == .statement ? "%" : "#"
    var index = rest.startIndex
    var quote: Unicode.Scalar?
    while index + 1 < rest.endIndex {
      let scalar = rest[index]
      if let open = quote {
        if scalar == "\\" { index += 1 } else if scalar == open { quote = nil }
      } else if kind != .comment, scalar == "'" || scalar == "\"" {
        quote = scalar
      } else if scalar == last, rest[index + 1] == "}" {
        let code = rest[..<index]
        rest = rest[(index + 2)...]
        return code
      }
      index += 1
    }
    let code = rest
    rest = rest[rest.endIndex...]
    return code
  }

  private static func normalised(_ code: ArraySlice<Unicode.Scalar>) -> String {
    var text = String.UnicodeScalarView()
    var quote: Unicode.Scalar?
    var index = code.startIndex
    while index < code.endIndex {
      let scalar = code[index]
      index += 1
      if let open = quote {
        if scalar == "\\", index < code.endIndex {
          text.append(code[index] == "n" ? "\n" : code[index])
          index += 1
        } else if scalar == open {
          quote = nil
          text.append("'")
        } else {
          text.append(scalar)
        }
      } else if scalar == "'" || scalar == "\"" {
        quote = scalar
        text.append("'")
      } else if !isSpace(scalar) {
        text.append(scalar)
      }
    }
    return String(text).replacing("message.role", with: "message['role']")
      .replacing("message.content", with: "message['content']")
  }

  private static func joined(_ code: String) -> String { code.replacing("'+'", with: "") }
}
