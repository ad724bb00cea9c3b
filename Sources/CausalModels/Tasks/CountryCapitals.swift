/// Countries and their capitals: "The capital of France is" → " Paris".
///
/// Countries and capitals are single tokens after a space in the usual byte-level vocabularies, so
/// all prompts of one frame correspond position by position. Pairs are of one sentence with two
/// countries, so that the interchange always changes the answer.
public struct CountryCapitals: QuestionTask {
  /// The changes that an interchange can make.
  public enum Change: String, CausalChange {
    /// The country in question.
    case country
  }

  /// The countries that occur.
  public static let countries = clause.values(of: "country").map(\.description)

  /// The words before the statement.
  public let frame: SentenceFrame

  /// The task with sentences in this frame.
  public init(frame: SentenceFrame = .clause) {
    self.frame = frame
  }

  /// The document.
  public var question: Question { frame == .clause ? Self.clause : Self.bare }

  private static let clause = Question(builtIn: document)
  private static let bare = clause.framed(["The capital of {country} is"])

  /// Pools are larger than other questions have, since there are fewer countries than names to pair
  /// up.
  private static let document = """
    question: capitals
    summary: "Country and capital: The capital of France is -> Paris"
    tables:
      capitalOf: {Afghanistan: Kabul, Australia: Canberra, Austria: Vienna, Belgium: Brussels,
        Bulgaria: Sofia, Canada: Ottawa, Chile: Santiago, China: Beijing, Cuba: Havana,
        Denmark: Copenhagen, Egypt: Cairo, England: London, Finland: Helsinki, France: Paris,
        Germany: Berlin, Greece: Athens, Hungary: Budapest, Iran: Tehran, Iraq: Baghdad,
        Ireland: Dublin, Israel: Jerusalem, Italy: Rome, Jamaica: Kingston, Japan: Tokyo,
        Kenya: Nairobi, Netherlands: Amsterdam, Norway: Oslo, Peru: Lima, Poland: Warsaw,
        Portugal: Lisbon, Russia: Moscow, Scotland: Edinburgh, Spain: Madrid, Sweden: Stockholm,
        Switzerland: Bern, Syria: Damascus, Tunisia: Tunis, Wales: Cardiff}
    variables:
      country: {keys: capitalOf}
      capital: '" " + capitalOf[country]'
    templates:
      - You know that the capital of {country} is
      - We know that the capital of {country} is
      - I know that the capital of {country} is
      - We learned that the capital of {country} is
    answer: capital
    change: country
    group: {entities: country}
    pools: 4
    """
}
