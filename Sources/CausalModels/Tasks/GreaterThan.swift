/// Which of two numbers is greater: "71 vs 38:" → " greater".
public struct GreaterThan: QuestionTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// Whether the first number is greater.
    case greater
  }

  /// The task.
  public init() {}

  /// The document.
  public var question: Question { Self.document }

  private static let document = Question(
    builtIn: """
      question: greater-than
      summary: "Greater than: 71 vs 38: -> greater"
      variables:
        a: {from: 10, to: 99}
        b: {from: 10, to: 99}
        greater: a > b
      where: a != b
      template: "52 vs 27: greater. 31 vs 84: less. 60 vs 95: less. 73 vs 18: greater. {a} vs {b}:"
      answer: 'if greater then " greater" else " less"'
      answers: [" greater", " less"]
      change: greater
      """)
}
