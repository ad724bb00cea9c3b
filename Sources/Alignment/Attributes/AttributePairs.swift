import InterchangeBasics
import InterchangeModels

/// Pairs that ask which part of a vector is whose attribute's: for each attribute pairs whose swap
/// should cause its value and pairs whose swap should leave another's (RAVEL, arXiv 2402.17700).
public struct AttributePairs: Sendable {
  /// The parts of the data.
  public enum Part: String, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
    /// Entities and prompts to fit on.
    case train
    /// Prompts of the fit with entities that it hasn't seen.
    case entities
    /// Entities of the fit in prompts that it hasn't seen.
    case contexts
    /// Pairs that it hasn't seen, of data that are divided once.
    case test
    /// Pairs of the training part that choices are made by.
    case choice

    /// The parts that RAVEL's methods are measured on.
    public static let held: [Part] = [.entities, .contexts]

    /// The part in words.
    public var title: String {
      switch self {
      case .train: "training pairs"
      case .entities: "unseen entities"
      case .contexts: "unseen contexts"
      case .test: "test pairs"
      case .choice: "pairs to choose by"
      }
    }
  }

  /// A text that the model answers as the data say, with the values of all attributes.
  public struct Known: Sendable {
    public var input: ModelInput
    public var spans: [String: Range<Int>]
    /// The entity's value of each attribute.
    public var values: [String: String]

    public init(input: ModelInput, spans: [String: Range<Int>], values: [String: String]) {
      (self.input, self.spans, self.values) = (input, spans, values)
    }
  }

  /// The numbers of what is left of an attribute in a part.
  public struct Count: Codable, Sendable, Equatable {
    public let attribute: String
    public let part: Part
    /// The entities that were asked about.
    public let entities: Int
    /// Those with a prompt that the model answers right.
    public let knownEntities: Int
    /// The prompts that ask for the attribute.
    public let prompts: Int
    /// Those that the model answers right for an entity.
    public let knownPrompts: Int
    /// The different values of the entities.
    public let values: Int
    /// Texts left out because the value is no single token after them.
    public let droppedAnswers: Int
    /// Pairs left out because a text lacks the positions, or the two have different numbers of
    /// them; nil in earlier records.
    public let droppedPairs: Int?
    /// The share of the other texts that the model answers right; nil without any.
    public let accuracy: Accuracy?
    /// Pairs whose swap should cause the attribute.
    public let causePairs: Int
    /// Pairs whose swap should leave another attribute.
    public let isolationPairs: Int
    /// The share that the most frequent label of each aim's pairs would reach; nil without pairs.
    public let constantCause: Double?
    public let constantIsolation: Double?
  }

  /// Pairs of each attribute, aim and part that there are at least.
  public static let minimum = 8

  /// The name of the data.
  public let name: String
  /// The attributes, in the order in which they were asked for.
  public let attributes: [String]
  /// The pairs of each part.
  public let examples: [Part: [AttributeExample]]
  /// Texts of the training part that the model answers right: what probes and autoencoders see.
  public let known: [Known]
  /// The numbers of each attribute and part.
  public let counts: [Count]

  /// The parts that methods are measured on: those that have pairs, but for the training part.
  public var held: [Part] {
    Part.allCases.filter { $0 != .train && !(examples[$0] ?? []).isEmpty }
  }

  /// Pairs of one's own.
  ///
  /// - Throws: ``AlignmentError/noExamples(reason:)`` naming every attribute with fewer than
  ///   `minimum` pairs of an aim in a part.
  public init(
    name: String, attributes: [String], examples: [Part: [AttributeExample]], known: [Known],
    counts: [Count], minimum: Int = Self.minimum
  ) throws {
    try Self.validate(attributes)
    let poor = attributes.compactMap { attribute -> String? in
      let lacking = ([.train] + Part.held).compactMap { part -> String? in
        let own = (examples[part] ?? []).filter { $0.attribute == attribute }
        let (cause, leave) = (
          own.count { $0.aim == .cause }, own.count { $0.aim == .leave }
        )
        guard min(cause, leave) < minimum else { return nil }
        let count = counts.first { $0.attribute == attribute && $0.part == part }
        let left = count.map {
          " (\($0.knownEntities) of \($0.entities) entities and \($0.knownPrompts) of "
            + "\($0.prompts) prompts left)"
        }
        return "\(cause) that cause and \(leave) that leave of the \(part.title)\(left ?? "")"
      }
      return lacking.isEmpty ? nil : "\(attribute): " + lacking.joined(separator: ", ")
    }
    guard poor.isEmpty else {
      throw AlignmentError.noExamples(
        reason: "too few pairs of " + poor.joined(separator: "; ")
          + "; expected at least \(minimum) of each: give more entities, or leave the attribute "
          + "out")
    }
    (self.name, self.attributes, self.examples) = (name, attributes, examples)
    (self.known, self.counts) = (known, counts)
  }

  /// The pairs of a task's variable, which a swap should cause; nothing is to be left alone.
  ///
  /// - Throws: ``AlignmentError/noExamples(reason:)`` with fewer than `minimum` pairs in a part.
  public init(_ data: TaskData, minimum: Int = Self.minimum) throws {
    let fewest = min(data.train.count, data.test.count)
    guard fewest >= minimum else {
      throw AlignmentError.noExamples(
        reason: "too few pairs of \(data.variable) in \(data.task): \(data.train.count) to fit on "
          + "and \(data.test.count) to measure on; expected at least \(minimum) of each")
    }
    func pairs(_ examples: TaskExamples) -> [AttributeExample] {
      examples.map { AttributeExample(data.variable, .cause, $0) }
    }
    (name, attributes, counts) = (data.task, [data.variable], [])
    examples = [.train: pairs(data.train), .test: pairs(data.test)]
    known = data.train.flatMap { example in
      [Known(input: example.base, spans: example.baseSpans, values: [:])]
        + zip(example.sources, example.sourceSpans).map {
          Known(input: $0, spans: $1, values: [:])
        }
    }
  }

  /// The training pairs divided again: of each attribute and aim every fourth to choose by, the
  /// others to fit on; without the texts that only the first have.
  var dividedToChoose: AttributePairs {
    var (fit, choice) = ([AttributeExample](), [AttributeExample]())
    for attribute in attributes {
      for aim in AttributeExample.Aim.allCases {
        let own = (examples[.train] ?? []).filter { $0.attribute == attribute && $0.aim == aim }
        for (index, example) in own.enumerated() {
          if index % 4 == 3 { choice.append(example) } else { fit.append(example) }
        }
      }
    }
    func texts(_ examples: [AttributeExample]) -> Set<ModelInput> {
      Set(examples.flatMap { [$0.example.base] + $0.example.sources })
    }
    let aside = texts(choice).subtracting(texts(fit))
    return AttributePairs(
      self, examples: [.train: fit, .choice: choice],
      known: known.filter { !aside.contains($0.input) })
  }

  private init(_ other: AttributePairs, examples: [Part: [AttributeExample]], known: [Known]) {
    (name, attributes, counts) = (other.name, other.attributes, other.counts)
    (self.examples, self.known) = (examples, known)
  }

  /// Checks that there are attributes of which each can be isolated from another.
  static func validate(_ attributes: [String]) throws {
    try SettingCheck(error: AlignmentError.invalidSetting)(
      attributes.count >= 2 && Set(attributes).count == attributes.count, "attributes",
      "at least two, each once: what one should leave is another",
      attributes.isEmpty ? "none" : attributes.joined(separator: ", "))
  }
}
