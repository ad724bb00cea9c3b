/// Indirect object identification: "When Mary and John went to the store, John gave a drink to" →
/// " Mary".
///
/// Two people come together, one of them (the subject, named again) gives something, and the other
/// (the indirect object) gets it (Wang et al. 2022, arXiv 2211.00593). All prompts have the same
/// number of words. Pairs are of one template with places and things of their own; the interchange
/// always changes the answer, and positions are balanced.
public struct IndirectObjectIdentification: QuestionTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// The place of the name that is repeated; the source has the base's names, in the same order.
    case subjectPosition
    /// The person who gets the thing; the source has two other names.
    case indirectObject
  }

  /// The names of people that occur.
  public static let names = GivenNames.male + GivenNames.female

  /// The task.
  public init() {}

  /// The document.
  public var question: Question { Self.document }

  private static let document = Question(
    builtIn: """
      question: ioi
      summary: "Indirect object identification: When Mary and John went to the store, John gave a
        drink to -> Mary"
      variables:
        firstName: [\(names.joined(separator: ", "))]
        secondName: {like: firstName}
        subjectPosition: [first, second]
        subject: 'if subjectPosition == "first" then firstName else secondName'
        indirectObject: 'if subjectPosition == "first" then secondName else firstName'
        place: [store, garden, restaurant, school, hospital, office, house, station, library, park,
          market, beach, museum, hotel, farm, airport, theater, church, zoo, shop]
        object: [ring, book, letter, ball, gift, flower, map, phone, cake, key, ticket, bottle, hat,
          camera, watch, picture, card, coin, drink, snack]
      words: {name A: firstName, name B: secondName, subject repeat: subject}
      templates:
        - 'When {name A} and {name B} went to the {place}, {subject repeat} gave a {object} to'
        - 'When {name A} and {name B} went to the {place}, {subject repeat} handed a {object} to'
        - 'When {name A} and {name B} walked to the {place}, {subject repeat} gave a {object} to'
        - 'When {name A} and {name B} walked to the {place}, {subject repeat} handed a {object} to'
        - 'When {name A} and {name B} drove to the {place}, {subject repeat} gave a {object} to'
        - 'When {name A} and {name B} drove to the {place}, {subject repeat} handed a {object} to'
        - 'When {name A} and {name B} met at the {place}, {subject repeat} gave a {object} to'
        - 'When {name A} and {name B} met at the {place}, {subject repeat} handed a {object} to'
        - 'When {name A} and {name B} arrived at the {place}, {subject repeat} gave a {object} to'
        - 'When {name A} and {name B} arrived at the {place}, {subject repeat} handed a {object} to'
        - 'After {name A} and {name B} went to the {place}, {subject repeat} gave a {object} to'
        - 'After {name A} and {name B} went to the {place}, {subject repeat} handed a {object} to'
        - 'After {name A} and {name B} walked to the {place}, {subject repeat} gave a {object} to'
        - 'After {name A} and {name B} walked to the {place}, {subject repeat} handed a {object} to'
        - 'After {name A} and {name B} drove to the {place}, {subject repeat} gave a {object} to'
        - 'After {name A} and {name B} drove to the {place}, {subject repeat} handed a {object} to'
        - 'After {name A} and {name B} met at the {place}, {subject repeat} gave a {object} to'
        - 'After {name A} and {name B} met at the {place}, {subject repeat} handed a {object} to'
        - 'After {name A} and {name B} arrived at the {place}, {subject repeat} gave a {object} to'
        - 'After {name A} and {name B} arrived at the {place}, {subject repeat} handed a {object} to'
      answer: '" " + indirectObject'
      change:
        subjectPosition: {same: [firstName, secondName]}
        indirectObject:
      balance: subjectPosition
      group: {names: [firstName, secondName]}
      """)
}
