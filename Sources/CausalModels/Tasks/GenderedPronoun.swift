/// Gendered pronouns: "My friend John was tired because" → " he".
///
/// All prompts have the same number of words, with the name in third place, and no word but the
/// name tells the gender. Pairs are of one sentence with names of different gender, so that the
/// interchange always changes the answer; half the bases have a woman's name.
public struct GenderedPronoun: QuestionTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// The gender of the name.
    case gender
  }

  /// The two pronouns.
  public static let answers = [" he", " she"]

  /// The task.
  public init() {}

  /// The document.
  public var question: Question { Self.document }

  private static let document = Question(
    builtIn: """
      question: pronoun
      summary: "Gendered pronoun: My friend John was tired because -> he"
      variables:
        relation: [friend, neighbor, colleague, classmate, partner, teacher, doctor, student]
        name:
          gender:
            male: [\(GivenNames.male.joined(separator: ", "))]
            female: [\(GivenNames.female.joined(separator: ", "))]
        pronoun: 'if gender == "male" then " he" else " she"'
      templates:
        - My {relation} {name} was tired because
        - My {relation} {name} was happy because
        - My {relation} {name} was late because
        - My {relation} {name} was upset because
        - My {relation} {name} was angry because
        - My {relation} {name} was worried because
        - My {relation} {name} went home because
        - My {relation} {name} stayed home because
        - My {relation} {name} walked home because
        - My {relation} {name} left early because
        - My {relation} {name} felt sick because
      answer: pronoun
      answers: [" he", " she"]
      change: gender
      same: relation
      group: {names: name}
      """)
}
