/// Sums of two numbers of two digits: "34+28=" → "6", the sum's first digit, for vocabularies that
/// have single digits.
public struct TwoDigitAddition: QuestionTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// Whether the ones carry into the tens.
    case carry
    /// The first digit.
    case tens
  }

  /// The task.
  public init() {}

  /// The document.
  public var question: Question { Self.document }

  private static let document = Question(
    builtIn: """
      question: addition
      summary: "Two-digit addition: 34+28= -> 6, the first digit"
      variables:
        a: {from: 10, to: 89}
        b: {from: 10, to: 89}
        carry: a % 10 + b % 10 > 9
        tens: a / 10 + b / 10 + (if carry then 1 else 0)
      where: tens < 10
      template: "12+25=37\\n47+31=78\\n56+39=95\\n{a}+{b}="
      answer: text(tens)
      answers: [1, 2, 3, 4, 5, 6, 7, 8, 9]
      change: [carry, tens]
      """)
}
