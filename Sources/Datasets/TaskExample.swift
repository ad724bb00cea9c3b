import InterchangeBasics

/// One example of a task: the question, the text that should follow, and the right answer.
public struct TaskExample: Sendable, Equatable {
  /// The place that an example comes from.
  public struct Origin: Sendable, Equatable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// The line that it starts at, from 1.
    public var line: Int

    /// A line of a file.
    public init(path: String, line: Int) { (self.path, self.line) = (path, line) }

    /// The file and the line.
    public var description: String { "\(path): line \(line)" }
  }

  /// The question as the data has it: a ``PromptTemplate`` makes a prompt of it.
  public var prompt: String
  /// The matter of the prompt, when the data keep it apart; else empty.
  public var input: String
  /// The text to learn.
  public var completion: String
  /// The short right answer, e.g. "true", "answer2" or "42".
  public var answer: String?
  /// The short answers that are possible, when they are known.
  public var choices: [String]
  /// The number to predict, for regression.
  public var label: Double?
  /// The sentences that are judged, without the words of a prompt: one or two in GLUE's tasks.
  public var sentences: [String]
  /// The place that the example comes from; nil when it is from no file.
  public var origin: Origin?

  /// An example of these parts.
  public init(
    prompt: String, input: String = "", completion: String, answer: String? = nil,
    choices: [String] = [], label: Double? = nil, sentences: [String] = [], origin: Origin? = nil
  ) {
    (self.prompt, self.input, self.completion) = (prompt, input, completion)
    (self.answer, self.choices, self.label) = (answer, choices, label)
    (self.sentences, self.origin) = (sentences, origin)
  }

  /// A pair as it is, without an answer to judge.
  public init(_ pair: PromptCompletion) {
    self.init(prompt: pair.prompt, completion: pair.completion)
  }

  /// The completion with another answer in the place of the right one, at its end.
  public func completion(answering choice: String) -> String {
    guard let answer, completion.hasSuffix(answer) else { return choice }
    return completion.dropLast(answer.count) + choice
  }

  /// The prompt in a template's spelling, with its completion.
  ///
  /// - Throws: ``DatasetError/invalidSetting(name:expected:found:)`` for a template that gives no
  ///   text without a model: the chat template.
  public func pair(_ template: PromptTemplate = .verbatim) throws -> PromptCompletion {
    PromptCompletion(prompt: try template.text(for: self), completion: completion)
  }
}

extension [TaskExample] {
  /// `count` examples drawn without replacement, in their order here; all when there are fewer. The
  /// same seed draws the same.
  public func subset(_ count: Int, seed: UInt64) -> [TaskExample] {
    var generator = RandomGenerator(seed: seed)
    let drawn = Set(indices.shuffled(using: &generator).prefix(Swift.max(0, count)))
    return indices.filter(drawn.contains).map { self[$0] }
  }

  /// Two parts, each in the order here. Examples with the same question are on the same side, so
  /// that nothing is measured that was trained on.
  ///
  /// - Parameter development: the share of different prompts that the second part has: 0 to 1
  /// - Throws: ``DatasetError/invalidSetting(name:expected:found:)`` for another share.
  public func split(
    development: Double, seed: UInt64
  ) throws -> (training: [TaskExample], development: [TaskExample]) {
    guard (0...1).contains(development) else {
      throw DatasetError.invalidSetting(
        name: "development share", expected: "0 to 1", found: "\(development)")
    }
    var seen: Set<[String]> = []
    let questions = map { [$0.prompt, $0.input] }
    var generator = RandomGenerator(seed: seed)
    let order = questions.filter { seen.insert($0).inserted }.shuffled(using: &generator)
    let chosen = Set(order.prefix(Int((Double(order.count) * development).rounded())))
    return (
      zip(self, questions).filter { !chosen.contains($1) }.map(\.0),
      zip(self, questions).filter { chosen.contains($1) }.map(\.0)
    )
  }
}
