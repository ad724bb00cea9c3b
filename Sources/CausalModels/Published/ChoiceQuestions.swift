import InterchangeBasics
import InterchangeDatasets

/// Questions with lettered choices, and counterfactuals of them as MIB makes them for MCQA and ARC
/// (Mueller et al. 2025, arXiv 2504.13151): the right choice changes its place, the letters are
/// replaced, or both.
///
/// ```text
/// Question: A box is brown. What color is a box?
/// A. gray
/// B. black
/// C. white
/// D. brown
/// Answer:
/// ```
///
/// Variables: `pointer`, the place of the right choice (base's letter at the source's place), and
/// `answer`, the letter itself; each with a kind of counterfactual that changes it. With
/// `answerPosition_randomLetter` both change, and only one of the two is what was carried over.
public struct ChoiceQuestions: PairSource {
  /// A question with its choices.
  public struct Question: Sendable, Hashable {
    public var text: String
    public var choices: [String]
    /// The place of the right choice.
    public var right: Int
    /// The thing that train and test must not share.
    public var group: String
    /// The part that the data say; nil where they don't.
    public var part: DataSplit?

    /// A question; its group is its text.
    public init(
      _ text: String, choices: [String], right: Int, group: String? = nil, part: DataSplit? = nil
    ) {
      (self.text, self.choices, self.right) = (text, choices, right)
      (self.group, self.part) = (group ?? text, part)
    }
  }

  public let name: String
  /// The questions; each gives one pair.
  public let questions: [Question]
  /// The kind of thing that train and test don't share.
  public let disjoint: String
  /// The numbers of questions that were left out, by their reason.
  public let dropped: [String: Int]

  public var variables: [String] { Self.changes.map { "\($0.variable) \($0.kind.rawValue)" } }

  /// A kind of counterfactual, by MIB's name.
  fileprivate enum Kind: String {
    case answerPosition, randomLetter
    case both = "answerPosition_randomLetter"
  }

  /// The variables that each kind changes.
  private static let changes: [(variable: String, kind: Kind)] = [
    ("pointer", .answerPosition), ("pointer", .both), ("answer", .randomLetter), ("answer", .both),
  ]

  /// A set of questions.
  ///
  /// - Throws: `CausalModelError.notEnoughExamples` without any, and for one that has fewer than two
  ///   choices, more than thirteen, two alike, or no right one.
  public init(
    _ name: String, _ questions: [Question], disjoint: String = "questions",
    dropped: [String: Int] = [:]
  ) throws {
    let usable = questions.filter {
      (2...13).contains($0.choices.count) && $0.choices.indices.contains($0.right)
        && Set($0.choices).count == $0.choices.count
    }
    guard !usable.isEmpty, usable.count == questions.count else {
      throw CausalModelError.notEnoughExamples(
        task: name, asked: max(1, questions.count), found: usable.count)
    }
    self.init(name, usable: questions, disjoint: disjoint, dropped: dropped)
  }

  private init(_ name: String, usable: [Question], disjoint: String, dropped: [String: Int]) {
    (self.name, questions) = (name, usable)
    (self.disjoint, self.dropped) = (disjoint, dropped)
  }

  public func parts(_ wish: PairWish) throws -> PairParts {
    let variable = try variable(wish)
    let change = Self.changes.first { "\($0.variable) \($0.kind.rawValue)" == variable }
    guard let kind = change?.kind else {
      throw CausalModelError.unknownChange(variable, task: name, known: variables)
    }
    var generator = SplitMix64(seed: wish.seed)
    var records = ChoiceRecords()
    for question in questions {
      let letters = Self.alphabet.prefix(question.choices.count)
      records.add(
        question.prompt(Array(letters)),
        source: question.counterfactual(kind, letters: Array(letters), using: &generator),
        kind: kind.rawValue, group: question.group, part: question.part)
    }
    var parts = try PairParts(
      records.of(variable), variable: variable, disjoint: disjoint, wish: wish)
    parts.dropped.merge(dropped) { $0 + $1 }
    return parts
  }

  fileprivate static let alphabet = (UInt8(ascii: "A")...UInt8(ascii: "Z")).map {
    String(UnicodeScalar($0))
  }
}

extension ChoiceQuestions.Question {
  /// The question as a prompt, its choices under these letters.
  fileprivate func prompt(_ letters: [String]) -> ChoicePrompt {
    let lines = zip(letters, choices).map { "\($0). \($1)" }
    return ChoicePrompt(
      prompt: (["Question: \(text)"] + lines + ["Answer:"]).joined(separator: "\n"),
      answer: " " + letters[right], answers: letters.map { " " + $0 }, place: right)
  }

  /// The question with the right choice at another place, other letters, or both.
  fileprivate func counterfactual(
    _ kind: ChoiceQuestions.Kind, letters: [String], using generator: inout SplitMix64
  ) -> ChoicePrompt {
    var (question, letters) = (self, letters)
    if kind != .randomLetter {
      let place = (right + Int.random(in: 1..<choices.count, using: &generator)) % choices.count
      question.choices.swapAt(right, place)
      question.right = place
    }
    if kind != .answerPosition {
      letters = Array(
        ChoiceQuestions.alphabet.dropFirst(letters.count).shuffled(using: &generator)
          .prefix(letters.count))
    }
    return question.prompt(letters)
  }
}

extension ChoiceQuestions {
  /// MIB's copied colors, four to a question: things of a color, and three other colors beside it.
  public static let copiedColors: ChoiceQuestions = {
    let things = [
      "banana", "car", "shirt", "door", "hat", "cup", "book", "ball", "chair", "bag", "coat", "box",
      "lamp", "toy", "pen", "table", "flower", "bird", "house", "boat", "bottle", "phone", "bike",
      "key",
    ]
    let colors = [
      "red", "green", "blue", "black", "white", "brown", "pink", "gray", "orange", "purple",
      "yellow",
    ]
    var generator = SplitMix64(seed: 0)
    let questions = things.flatMap { thing in
      colors.map { color in
        let others = colors.filter { $0 != color }.shuffled(using: &generator).prefix(3)
        let place = Int.random(in: 0...3, using: &generator)
        var choices = Array(others)
        choices.insert(color, at: place)
        return Question(
          "A \(thing) is \(color). What color is a \(thing)?", choices: choices, right: place,
          group: thing)
      }
    }
    return ChoiceQuestions("copied-colors", usable: questions, disjoint: "things", dropped: [:])
  }()
}
