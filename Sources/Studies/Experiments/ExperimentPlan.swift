import InterchangeBasics
import InterchangeDocuments

/// The points of an experiment, in the order in which they are run.
public struct ExperimentPlan: Sendable {
  /// The document.
  public let document: ExperimentDocument
  /// The points; each one's place is its index.
  public let points: [ExperimentPoint]

  /// A document is refused that has more points.
  static let mostPoints = 10_000

  /// Multiplies a document's lists out.
  ///
  /// - Parameter commands: the commands that may be steps
  /// - Throws: `DocumentError` for a command or an option that isn't known, with the nearest one;
  ///   for an empty list; for a step that is spoken of before it or has several points that match.
  public init(_ document: ExperimentDocument, commands: [CommandDefinition]) throws {
    self.document = document
    let definitions = try document.steps.map { step in
      try Self.definition(step, among: commands)
    }
    try Self.check(document.shared, definitions)
    var expansion = StepExpansion(document)
    for (step, command) in zip(document.steps, definitions) {
      try expansion.add(step, command)
    }
    points = expansion.named()
  }

  private static func definition(
    _ step: ExperimentDocument.Step, among commands: [CommandDefinition]
  ) throws -> CommandDefinition {
    if let command = commands.first(where: { $0.name == step.command }) { return command }
    throw step.value.fault(
      "'\(step.command)' is no command that can be a step; "
        + suggestion(
          for: step.command, among: commands.map(\.name), expected: "expected one of"))
  }

  /// Refuses a shared option that no step has.
  private static func check(
    _ shared: [DocumentNode.Entry], _ commands: [CommandDefinition]
  ) throws {
    for entry in shared
    where !commands.contains(where: { StepOption(entry.key, of: $0) != nil }) {
      let names = ["steps"] + commands.flatMap(\.names)
      throw StepOption.unknown(entry, among: names, of: "any step")
    }
  }

  /// The points of a part: `0:40` are the first forty, `40:` all others.
  ///
  /// - Throws: `ExperimentError` for a text of another form, and for points that don't exist.
  public func range(_ text: String) throws -> Range<Int> {
    let ends = text.split(separator: ":", omittingEmptySubsequences: false)
    let first = ends.first.flatMap { $0.isEmpty ? 0 : Int($0) }
    let end = ends.last.flatMap { $0.isEmpty ? points.count : Int($0) }
    guard ends.count == 2, let first, let end, first >= 0, first < end, end <= points.count else {
      throw ExperimentError(
        "--points: expected two numbers from 0 to \(points.count) with a colon, such as 0:40 for "
          + "the first forty of \(points.count) points, found \(quoted(text))")
    }
    return first..<end
  }

  /// Points with the earlier ones that they need, in order.
  public func withNeeds(_ range: Range<Int>) -> [ExperimentPoint] {
    var wanted = Set(range)
    for index in points.indices.reversed() where wanted.contains(index) {
      wanted.formUnion(points[index].needs)
    }
    return wanted.sorted().map { points[$0] }
  }
}

/// An experiment that can't be run, gone on with or put together.
public struct ExperimentError: Error, Equatable, Sendable, CustomStringConvertible {
  /// One line that says what was expected and what was found.
  public let description: String

  /// An error with its words.
  init(_ description: String) { self.description = description }
}
