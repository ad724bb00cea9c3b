/// An operator or a function of expressions: one entry says its types and its value.
struct ExpressionOperation: Sendable {
  /// A fault of a value, told with its column by the expression.
  struct Fault: Error {
    let problem: String
  }

  /// The operation for some types of arguments.
  struct Form: Sendable {
    let arguments: [ExpressionType]
    let result: ExpressionType
    let apply: @Sendable ([CausalValue]) throws -> CausalValue
  }

  let name: String
  let forms: [Form]
  /// What it takes, for messages.
  let takes: String

  /// The longest text that a join may make, in bytes.
  static let longestText = 1 << 16
}

extension ExpressionOperation {
  /// Operators by precedence, the loosest first; those of one level join to the left, comparisons
  /// not at all.
  static let operators: [[ExpressionOperation]] = [
    [equal, unequal, ordered("<", <), ordered("<=", <=), ordered(">", >), ordered(">=", >=)],
    [plus, arithmetic("-") { $0.subtractingReportingOverflow($1) }],
    [
      arithmetic("*") { $0.multipliedReportingOverflow(by: $1) }, divided("/") { $0.quotient },
      divided("%") { $0.remainder },
    ],
  ]

  static let negation = ExpressionOperation(
    name: "-",
    forms: [
      Form(arguments: [.number], result: .number) { values in
        try whole(0.subtractingReportingOverflow(number(values[0])))
      }
    ], takes: "a whole number")

  static let not = ExpressionOperation(
    name: "not",
    forms: [Form(arguments: [.truth], result: .truth) { .bool($0[0] == .bool(false)) }],
    takes: "a truth value")

  /// Functions, by their names.
  static let functions: [ExpressionOperation] = [
    ExpressionOperation(
      name: "text",
      forms: [ExpressionType.number, .truth, .text].map { type in
        Form(arguments: [type], result: .text) { .string($0[0].description) }
      }, takes: "a value"),
    ExpressionOperation(
      name: "capitalized",
      forms: [
        Form(arguments: [.text], result: .text) { values in
          let text = values[0].description
          return .string(text.prefix(1).uppercased() + text.dropFirst())
        }
      ], takes: "a text"),
    ExpressionOperation(
      name: "min",
      forms: [
        Form(arguments: [.number, .number], result: .number) {
          .int(min(number($0[0]), number($0[1])))
        }
      ], takes: "two whole numbers"),
    ExpressionOperation(
      name: "max",
      forms: [
        Form(arguments: [.number, .number], result: .number) {
          .int(max(number($0[0]), number($0[1])))
        }
      ], takes: "two whole numbers"),
    ExpressionOperation(
      name: "abs",
      forms: [
        Form(arguments: [.number], result: .number) { values in
          let value = number(values[0])
          return value < 0 ? try whole(0.subtractingReportingOverflow(value)) : .int(value)
        }
      ], takes: "a whole number"),
  ]

  private static let equal = comparison("==") { $0 == $1 }
  private static let unequal = comparison("!=") { $0 != $1 }

  private static func comparison(
    _ name: String, _ holds: @escaping @Sendable (CausalValue, CausalValue) -> Bool
  ) -> ExpressionOperation {
    ExpressionOperation(
      name: name,
      forms: [ExpressionType.text, .number, .truth].map { type in
        Form(arguments: [type, type], result: .truth) { .bool(holds($0[0], $0[1])) }
      }, takes: "two values of one type")
  }

  private static func ordered(
    _ name: String, _ holds: @escaping @Sendable (Int, Int) -> Bool
  ) -> ExpressionOperation {
    ExpressionOperation(
      name: name,
      forms: [
        Form(arguments: [.number, .number], result: .truth) {
          .bool(holds(number($0[0]), number($0[1])))
        }
      ], takes: "two whole numbers")
  }

  private static func arithmetic(
    _ name: String,
    _ apply: @escaping @Sendable (Int, Int) -> (partialValue: Int, overflow: Bool)
  ) -> ExpressionOperation {
    ExpressionOperation(
      name: name,
      forms: [
        Form(arguments: [.number, .number], result: .number) {
          try whole(apply(number($0[0]), number($0[1])))
        }
      ], takes: "two whole numbers")
  }

  /// Division that rounds down: the remainder has the divisor's sign, so that x % n is in 0..<n.
  private static func divided(
    _ name: String, _ part: @escaping @Sendable ((quotient: Int, remainder: Int)) -> Int
  ) -> ExpressionOperation {
    ExpressionOperation(
      name: name,
      forms: [
        Form(arguments: [.number, .number], result: .number) { values in
          let (value, divisor) = (number(values[0]), number(values[1]))
          guard divisor != 0 else { throw Fault(problem: "division by zero") }
          // Only the smallest number has no negative.
          if divisor == -1 {
            return name == "%" ? .int(0) : try whole(0.subtractingReportingOverflow(value))
          }
          var result = value.quotientAndRemainder(dividingBy: divisor)
          if result.remainder != 0, (result.remainder < 0) != (divisor < 0) {
            result = (result.quotient - 1, result.remainder + divisor)
          }
          return .int(part(result))
        }
      ], takes: "two whole numbers")
  }

  private static let plus = ExpressionOperation(
    name: "+",
    forms: [
      Form(arguments: [.number, .number], result: .number) {
        try whole(number($0[0]).addingReportingOverflow(number($0[1])))
      },
      Form(arguments: [.text, .text], result: .text) { values in
        let text = values[0].description + values[1].description
        guard text.utf8.count <= longestText else {
          throw Fault(problem: "the text is longer than \(longestText) bytes")
        }
        return .string(text)
      },
    ], takes: "two whole numbers or two texts; text(n) makes a text of a number")

  /// The number that the checker has seen to be there.
  private static func number(_ value: CausalValue) -> Int {
    if case .int(let number) = value { number } else { 0 }
  }

  private static func whole(_ result: (partialValue: Int, overflow: Bool)) throws -> CausalValue {
    guard !result.overflow else { throw Fault(problem: "the number is larger than 64 bits hold") }
    return .int(result.partialValue)
  }
}
