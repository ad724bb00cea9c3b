/// Subject–verb agreement with an attractor: "The key near the cabinets" → " is".
///
/// The sentence stops before the verb, whose number is the subject's. A second noun, the attractor,
/// is between them with a number of its own (Linzen, Dupoux and Goldberg 2016, arXiv 1611.01368).
/// All prompts of one frame have the same number of words, and the words are single tokens in the
/// usual byte-level vocabularies, so positions correspond between prompts.
///
/// Pairs have four different nouns and subjects that differ in number, so that the interchange
/// always changes the answer; the attractors' numbers are balanced and independent.
public struct SubjectVerbAgreement: QuestionTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// The subject's number, singular or plural.
    case subjectNumber
  }

  /// The two verbs; the first is the singular one.
  public static let answers = [" is", " are"]
  /// The nouns, subjects and attractors alike, in their singular form.
  public static let nouns = clause.values(of: "subject").map(\.description)

  /// The words before the subject.
  public let frame: SentenceFrame

  /// The task with sentences in this frame.
  public init(frame: SentenceFrame = .clause) {
    self.frame = frame
  }

  /// The document.
  public var question: Question { frame == .clause ? Self.clause : Self.bare }

  private static let clause = Question(builtIn: document)
  private static let bare = clause.framed(["The {subject} {preposition} the {attractor}"])

  /// Nouns are common ones with a regular plural; prepositions make sense between most things.
  private static let document = """
    question: agreement
    summary: "Subject-verb agreement with an attractor: The key near the cabinets -> is"
    variables:
      subject: [boy, girl, doctor, teacher, farmer, artist, lawyer, pilot, driver, nurse, singer,
        writer, painter, actor, author, parent, friend, neighbor, brother, king, queen, soldier,
        player, scientist, manager, customer, visitor, engineer, chef, tourist, cousin, dog, cat,
        horse, cow, bird, duck, monkey, rabbit, bear, tiger, snake, spider, key, cabinet, car,
        truck, boat, plane, train, house, tree, flower, table, chair, book, computer, door, window,
        picture, plate, cup, spoon, bag, ring, clock, letter, map, coin, stone, rock, river,
        mountain, building, tower, bridge, road, garden, desk, mirror, guitar, camera, ball, toy,
        hat, shirt, jacket, apple, orange, banana, cookie, sign, statue, fence, gate, wall, machine,
        engine, shop, store, school, hotel, hospital, island, village, bowl, candle, blanket,
        pillow, pencil, notebook, poster, temple, castle, tent, ship, cloud]
      subjectNumber: [singular, plural]
      attractor: {like: subject}
      attractorNumber: [singular, plural]
      preposition: [near, behind, beside, above, below, opposite, inside, around]
      verb: 'if subjectNumber == "plural" then " are" else " is"'
    words:
      subject: 'if subjectNumber == "plural" then subject + "s" else subject'
      attractor: 'if attractorNumber == "plural" then attractor + "s" else attractor'
    templates:
      - You know that the {subject} {preposition} the {attractor}
      - We know that the {subject} {preposition} the {attractor}
      - I know that the {subject} {preposition} the {attractor}
      - We learned that the {subject} {preposition} the {attractor}
    answer: verb
    answers: [" is", " are"]
    change: subjectNumber
    same: preposition
    balance: [subjectNumber, attractorNumber]
    group: {nouns: [subject, attractor]}
    """
}
