/// Hierarchical equality in words: is (a = b) the same truth value as (c = d)?
///
/// The graph is that of ``HierarchicalEquality``, whose inputs are vectors.
public struct EqualityOfWords: QuestionTask {
  /// The changes that an interchange can make.
  public typealias Change = HierarchicalEquality.Change

  /// The task.
  public init() {}

  /// The document.
  public var question: Question { Self.document }

  private static let document = Question(
    builtIn: """
      question: equality
      summary: "Hierarchical equality: is (a = b) the same truth value as (c = d)?"
      variables:
        a: [cup, pen, hat, key, bag, box]
        b: {like: a}
        c: {like: a}
        d: {like: a}
        leftEqual: a == b
        rightEqual: c == d
        match: leftEqual == rightEqual
      template: "toy toy, map map: yes. toy map, toy map: yes. toy toy, toy map: no. {a} {b}, {c} {d}:"
      answer: 'if match then " yes" else " no"'
      answers: [" no", " yes"]
      change:
        leftEqual:
        rightEqual:
        bothEqual: [leftEqual, rightEqual]
        firstArgument: a
      balance: [leftEqual, rightEqual]
      unchanged: true
      """)
}
