import InterchangeCausalModels
import Testing

@Suite("Expressions")
struct ExpressionTests {
  static let types: [String: ExpressionType] = [
    "a": .number, "b": .number, "word": .text, "flag": .truth,
  ]
  static let setting: Setting = ["a": 7, "b": 3, "word": "cat", "flag": true]
  static let tables = [
    ExpressionTable("soundOf", [("cat", "meow"), ("dog", "woof")])!,
    ExpressionTable("nameOf", [(1, "one"), (7, "seven")])!,
  ]

  private func value(_ text: String, _ setting: Setting = setting) throws -> CausalValue {
    try CausalExpression(text, types: Self.types, tables: Self.tables).value(setting)
  }

  @Test(
    "Values, by the rules of precedence",
    arguments: [
      ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("10 - 4 - 3", 3), ("a % b", 1), ("-a / b", -3),
      ("-a % b", 2), ("7 % -3", -2), ("7 / -3", -3), ("- - 2", 2), ("abs(b - a)", 4),
      ("min(a, b) + max(a, b)", 10), ("if a > b then a else b", 7),
      ("9223372036854775807 - 1 + 1", .int(.max)), ("if flag then 1 else 2 + 5", 1),
    ] as [(String, CausalValue)])
  func numbers(text: String, expected: CausalValue) throws {
    #expect(try value(text) == expected)
  }

  @Test(
    "Truth values",
    arguments: [
      ("a == 7", true), ("a != 7", false), ("b >= 3 and b <= 3", true), ("not a < b", true),
      ("a < b or flag", true), ("true or false and false", true), ("not flag or flag", true),
      ("not (flag or flag)", false), (#"word == "cat""#, true), ("flag == (a > b)", true),
    ] as [(String, CausalValue)])
  func truths(text: String, expected: CausalValue) throws {
    #expect(try value(text) == expected)
  }

  @Test(
    "Texts",
    arguments: [
      (#"" " + soundOf[word]"#, " meow"), (#"nameOf[a] + 's'"#, "sevens"), ("text(a + b)", "10"),
      ("text(flag)", "true"), ("capitalized(word)", "Cat"), (#""a\"b\n" + 'c\'d'"#, "a\"b\nc'd"),
      ("capitalized('')", ""),
    ] as [(String, CausalValue)])
  func texts(text: String, expected: CausalValue) throws {
    #expect(try value(text) == expected)
  }

  @Test("Only what decides is looked at")
  func shortCircuit() throws {
    #expect(try value("b == 3 or 1 / 0 == 1") == true)
    #expect(try value("b != 3 and 1 / 0 == 1") == false)
    #expect(try value("if b == 3 then 1 else 1 / 0") == 1)
  }

  @Test(
    "Faults of form and type, with their column",
    arguments: [
      ("", 1, "expected a value, found the end"),
      ("a +", 4, "expected a value, found the end"),
      ("a b", 3, "expected an operator or the end, found 'b'"),
      ("a = 7", 3, "'=' isn't an operator; equality is '=='"),
      ("a && flag", 3, "'&' isn't an operator; use 'and', or '+' to join texts"),
      ("1.5", 2, "only whole numbers are known"),
      ("'open", 1, "the text isn't closed by a quote"),
      ("(a", 3, "expected ')', found the end"),
      ("a < b < 3", 7, "a comparison of a comparison; use 'and', or brackets"),
      ("if flag then 1", 15, "expected 'else', found the end"),
      ("99999999999999999999", 1, "the number 99999999999999999999 is larger than 64 bits hold"),
      (
        "b + wrod", 5,
        "no variable is named 'wrod'; expected one of a, b, flag, word; a text is in"
          + " quotes inside the expression"
      ),
      (
        "a + word", 3,
        "'+' takes two whole numbers or two texts; text(n) makes a text of a number;"
          + " found a whole number and a text"
      ),
      ("word < word", 6, "'<' takes two whole numbers; found a text and a text"),
      ("soundOf", 1, "'soundOf' is a table; look a value up in it: soundOf[…]"),
      ("soundOf[a]", 1, "the table 'soundOf' is looked up by a text, found a whole number"),
      ("if a then 1 else 2", 1, "expected a truth value to decide by, found a whole number"),
      (
        "if flag then 1 else word", 1,
        "expected two values of one type, found a whole number and a text"
      ),
      (
        "exec(word)", 1,
        "no function is named 'exec'; expected one of text, capitalized, min, max, abs"
      ),
      ("min(a)", 1, "'min' takes two whole numbers; found a whole number"),
    ])
  func faults(text: String, column: Int, problem: String) {
    #expect(throws: ExpressionError(text: text, column: column, problem: problem)) {
      try value(text)
    }
  }

  @Test(
    "Faults of values, with their column",
    arguments: [
      ("a / (b - 3)", 3, "division by zero, with 7 and 0"),
      ("a % (b - 3)", 3, "division by zero, with 7 and 0"),
      (
        "9223372036854775807 + a", 21,
        "the number is larger than 64 bits hold, with 9223372036854775807 and 7"
      ),
      (
        "9223372036854775807 * a", 21,
        "the number is larger than 64 bits hold, with 9223372036854775807 and 7"
      ),
      (
        "(-9223372036854775807 - 1) / -1", 28,
        "the number is larger than 64 bits hold, with -9223372036854775808 and -1"
      ),
      (
        "abs(-9223372036854775807 - 1)", 1,
        "the number is larger than 64 bits hold, with -9223372036854775808"
      ),
      ("nameOf[b]", 1, "the table 'nameOf' has no entry '3'"),
    ])
  func badValues(text: String, column: Int, problem: String) {
    #expect(throws: ExpressionError(text: text, column: column, problem: problem)) {
      try value(text)
    }
  }

  @Test("Length, depth and texts are bounded")
  func bounds() throws {
    for text in [
      String(repeating: "(", count: 70) + "1" + String(repeating: ")", count: 70),
      String(repeating: "-", count: 70) + "1", String(repeating: "not ", count: 70) + "flag",
      String(repeating: "1+", count: 1000) + "1", String(repeating: "1", count: 5000),
    ] {
      #expect(throws: ExpressionError.self) { try value(text) }
    }
    let long: CausalValue = .string(String(repeating: "x", count: 40_000))
    #expect(throws: ExpressionError.self) {
      try value("word + word", ["a": 0, "b": 0, "flag": true, "word": long])
    }
    #expect(try value(String(repeating: "flag and ", count: 300) + "flag") == true)
  }

  @Test("An expression is a variable of a causal model")
  func variable() throws {
    let sum = try CausalExpression("a + b", types: Self.types)
    #expect(sum.variables == ["a", "b"] && sum.type == .number)
    let model = try CausalModel(
      [.input("a"), .input("b"), .expression("sum", sum)], output: "sum")
    #expect(try model.answer(["a": 2, "b": 3]) == "5")
    let swapped = try model.interchange(base: ["a": 2, "b": 3], sources: ["a": ["a": 9, "b": 0]])
    #expect(swapped["sum"] == 12)
  }
}
