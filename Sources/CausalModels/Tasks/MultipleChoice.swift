/// A question with two choices: "A banana is yellow. What color is a banana? A. green B. yellow
/// Answer:" → " B" (the copied colors of MIB, arXiv 2504.13151).
public struct MultipleChoice: QuestionTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// The place of the right choice; the source has the same colors, thing and letters.
    case place
    /// The letter of the right choice.
    case letter
  }

  /// The task.
  public init() {}

  /// The document.
  public var question: Question { Self.document }

  private static let document = Question(
    builtIn: """
      question: mcqa
      variables:
        thing: [banana, car, shirt, door, hat, cup, book, ball, chair, bag, coat, box, lamp, toy]
        color: [red, green, blue, black, white, brown, pink, gray, orange, purple, yellow]
        other: {like: color}
        place: [first, second]
        letter: 'if place == "first" then "A" else "B"'
      words: {one: 'if place == "first" then color else other', two: 'if place == "first" then other else color'}
      template: "A {thing} is {color}. What color is a {thing}?\\nA. {one}\\nB. {two}\\nAnswer:"
      answer: '" " + letter'
      change: {place: {same: [thing, color, other]}, letter: }
      group: {things: thing}
      """)
}
