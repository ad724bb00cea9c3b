import InterchangeBasics

/// A task of MIB's track of causal variables (Mueller et al. 2025, arXiv 2504.13151): pairs, and the
/// variables that are looked for in them.
public struct MIBTask: Sendable {
  /// The task's name, such as `mcqa`.
  public let name: String
  /// The name in tables.
  public let title: String
  /// The pairs.
  public let source: any PairSource
  /// The variables, by the source's names.
  public let variables: [String]

  /// A task of one's own.
  ///
  /// - Parameter variables: by the source's names; nil for all
  /// - Throws: `CausalModelError.unknownChange` for a variable that the source lacks.
  public init(
    _ name: String, title: String? = nil, source: any PairSource, variables: [String]? = nil
  ) throws {
    (self.name, self.title, self.source) = (name, title ?? name, source)
    self.variables = variables ?? source.variables
    for variable in self.variables where !source.variables.contains(variable) {
      throw CausalModelError.unknownChange(variable, task: name, known: source.variables)
    }
  }

  /// A task as MIB has it: where its pairs come from, and its variables.
  private struct Known: Sendable {
    let name: String
    let title: String
    /// The names that each variable has in sources; the first that one has counts.
    let variables: [[String]]
    /// Pairs of the house's own; nil where a file is needed.
    let source: (@Sendable () -> any PairSource)?
  }

  /// With both changes at once, only the pointer or only the answer says what was carried over.
  private static let ofChoices = [
    ["pointer answerPosition_randomLetter"], ["answer answerPosition_randomLetter"],
  ]

  private static let known = [
    Known(
      name: "mcqa", title: "MCQA", variables: ofChoices,
      source: { ChoiceQuestions.copiedColors }),
    Known(name: "arc", title: "ARC", variables: ofChoices, source: nil),
    Known(
      name: "arithmetic", title: "Arithmetic", variables: [["carry", "ones_carry"]],
      source: { TaskPairs(TwoDigitAddition()) }),
    Known(
      name: "ioi", title: "IOI",
      variables: [["subjectPosition", "place_of_subject"], ["indirectObject"]],
      source: { TaskPairs(IndirectObjectIdentification()) }),
  ]

  /// The names of MIB's tasks.
  public static var names: [String] { known.map(\.name) }

  /// The names of those that need no file.
  public static var builtIn: [String] { known.filter { $0.source != nil }.map(\.name) }

  /// The task that a text says: a name of MIB's such as `mcqa`, or `name=path` for pairs of a file,
  /// such as `arc=ARC-Easy`. Of MIB's names the variables are taken that the file has, of others
  /// all.
  ///
  /// - Throws: `CausalModelError` for an unknown name, a file of no known form, or one without the
  ///   task's variables; a reader's error for a faulty file.
  public init(parsing text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    let name = parts.first ?? ""
    let known = Self.known.first { $0.name == name }
    guard parts.count == 2 else {
      guard let known else { throw CausalModelError.unknownTask(name, known: Self.names) }
      guard let source = known.source?() else { throw CausalModelError.fileNeeded(task: name) }
      try self.init(name, known, source)
      return
    }
    let source = try PairSources.named(parts[1])
    if let known { try self.init(name, known, source) } else { try self.init(name, source: source) }
  }

  private init(_ name: String, _ known: Known, _ source: any PairSource) throws {
    let found = known.variables.compactMap { names in
      names.first { source.variables.contains($0) }
    }
    guard !found.isEmpty else {
      throw CausalModelError.unknownChange(
        known.variables.map { $0[0] }.joined(separator: ", "), task: name, known: source.variables)
    }
    try self.init(name, title: known.title, source: source, variables: found)
  }
}
