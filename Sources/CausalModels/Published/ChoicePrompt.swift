import InterchangeDatasets

/// A prompt whose answer is one of some choices, or a word of its own.
struct ChoicePrompt: Sendable {
  let prompt: String
  let answer: String
  /// The answers of all choices, in their order; just the answer where there are none.
  let answers: [String]
  /// The place of the right choice.
  let place: Int?

  init(prompt: String, answer: String, answers: [String], place: Int?) {
    (self.prompt, self.answer, self.answers, self.place) = (prompt, answer, answers, place)
  }

  /// The label that an interchange from a source gives, for each variable.
  func labels(from source: ChoicePrompt) -> [(variable: String, label: String)] {
    var labels = [(variable: "answer", label: source.answer)]
    if place != nil, let place = source.place, answers.indices.contains(place) {
      labels.insert(("pointer", answers[place]), at: 0)
    }
    return labels
  }
}

/// Pairs of choice prompts by what an interchange changes: `pointer`, the place of the right choice,
/// or `answer`, the answer itself, with the kind of the counterfactual.
struct ChoiceRecords: Sendable {
  private var records: [(variable: String, record: PairRecord)] = []

  /// The variables; what moves the place of the right choice comes first.
  var variables: [String] {
    var names: [String] = []
    var seen: Set<String> = []
    for record in records where seen.insert(record.variable).inserted {
      names.append(record.variable)
    }
    let usual = names.filter { $0 == "pointer answerPosition" }
    return usual + names.filter { !usual.contains($0) }
  }

  /// The pairs of a variable.
  func of(_ variable: String) -> [PairRecord] {
    records.filter { $0.variable == variable }.map(\.record)
  }

  /// Adds a pair for each variable.
  ///
  /// - Parameters:
  ///   - kind: the kind of the counterfactual, such as `answerPosition`
  ///   - group: the thing that train and test must not share
  mutating func add(
    _ base: ChoicePrompt, source: ChoicePrompt, kind: String, group: String, part: DataSplit?
  ) {
    for (variable, label) in base.labels(from: source) {
      var answers = base.answers
      for answer in source.answers + [label, source.answer] where !answers.contains(answer) {
        answers.append(answer)
      }
      records.append(
        (
          "\(variable) \(kind)",
          PairRecord(
            TextPair(
              base: SpannedText(base.prompt), sources: [SpannedText(source.prompt)], label: label,
              answers: answers, baseAnswer: base.answer, sourceAnswers: [source.answer]),
            groups: [group], part: part)
        ))
    }
  }
}

extension DataSplit {
  /// The part that a file's name says, such as `train` or `validation`; nil where it says none.
  init?(inFileName stem: String) {
    let stem = stem.lowercased()
    if stem.contains("train") {
      self = .train
    } else if stem.contains("val") || stem.contains("dev") {
      self = .dev
    } else if stem.contains("test") {
      self = .test
    } else {
      return nil
    }
  }
}
