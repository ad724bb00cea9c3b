/// Things and the boxes that they are in: "The ball is in box A and the key is in box B. The key is
/// in box" → " B" (Feng and Steinhardt 2023, arXiv 2310.17191).
public struct EntityBinding: QuestionTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// The place of the thing that is asked for; the source has the same things and boxes.
    case asked
    /// The box that the thing is in, which is the answer.
    case answer
  }

  /// The task.
  public init() {}

  /// The document.
  public var question: Question { Self.document }

  private static let document = Question(
    builtIn: """
      question: binding
      variables:
        one: [ball, key, book, cup, hat, ring, map, coin, toy, bag, phone, watch, card, bell, pen, cake]
        two: {like: one}
        box1: [A, B, C, D]
        box2: [E, F, G, H]
        asked: [first, second]
        thing: 'if asked == "first" then one else two'
        answer: 'if asked == "first" then " " + box1 else " " + box2'
      template: The {one} is in box {box1} and the {two} is in box {box2}. The {thing} is in box
      change: {asked: {same: [one, two, box1, box2]}, answer: }
      group: {things: [one, two]}
      """)
}
