import InterchangeBasics
import InterchangeDocuments

/// The argument that a name in a document stands for.
struct StepOption {
  let argument: CommandDefinition.Argument
  /// Tells whether the name is the argument's plural, whose ranges and numbers multiply too.
  let isPlural: Bool
  /// An option of the command's own that counts what the plural multiplies: 1 for each point.
  let counter: CommandDefinition.Argument?

  /// The argument of a name; nil where the command has none.
  ///
  /// A name with its dashes is that of the command line; another one may be a plural, even where
  /// the command has an option of that name, such as `seeds`.
  init?(_ key: String, of command: CommandDefinition) {
    if key.hasPrefix("--") {
      guard let argument = command.argument(String(key.dropFirst(2))) else { return nil }
      self.init(argument: argument, isPlural: false, counter: nil)
    } else if let argument = command.argument(plural: key) {
      self.init(argument: argument, isPlural: true, counter: command.argument(key))
    } else if let argument = command.argument(key) {
      self.init(argument: argument, isPlural: false, counter: nil)
    } else {
      return nil
    }
  }

  private init(
    argument: CommandDefinition.Argument, isPlural: Bool, counter: CommandDefinition.Argument?
  ) {
    (self.argument, self.isPlural, self.counter) = (argument, isPlural, counter)
  }

  /// The error of a name that stands for nothing.
  static func unknown(
    _ entry: DocumentNode.Entry, among names: [String], of whom: String
  ) -> DocumentError {
    if CommandDefinition.reserved.contains(entry.key) {
      return entry.value.fault("'\(entry.key)' is given to `run`, not in a document")
    }
    return entry.value.fault(
      "'\(entry.key)' is no option of \(whom); " + suggestion(for: entry.key, among: names))
  }

  /// The values that a node stands for, each a node of one value or of several that belong
  /// together.
  ///
  /// - Parameter first: the number from which the plural of `seed` counts
  func values(_ node: DocumentNode, first: UInt64) throws -> [DocumentNode] {
    let isMany = argument.takesSeveral && !isPlural
    if case .list(let elements) = node.content, !isMany || elements.contains(where: \.isList) {
      guard !elements.isEmpty else {
        throw node.fault("the list of \(argument.name) is empty; expected one value or more")
      }
      return elements
    }
    guard isPlural else { return [node] }
    if argument.name == CommandDefinition.counted, case .integer(let count) = node.content {
      guard (1...ExperimentPlan.mostPoints).contains(count) else {
        throw node.fault("expected how many seeds, from 1 on, found \(count)")
      }
      return try (0..<UInt64(count)).map {
        try DocumentNode(.string("\(first &+ $0)"), source: node.source).at(node)
      }
    }
    guard let text = node.scalar, let numbers = try Self.range(text, node) else { return [node] }
    return try numbers.map { try DocumentNode(.integer($0), source: node.source).at(node) }
  }

  /// The numbers of a text such as `0-29` or `0-3,8`; nil for any other text.
  private static func range(_ text: String, _ node: DocumentNode) throws -> [Int]? {
    var numbers: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
        part.utf8.allSatisfy({ "0123456789-".utf8.contains($0) })
      else { return nil }
      guard first <= last else {
        throw node.fault("expected a range from a smaller to a larger number, found \(part)")
      }
      guard last - first < ExperimentPlan.mostPoints - numbers.count else {
        throw node.fault("expected at most \(ExperimentPlan.mostPoints) points, found \(part)")
      }
      numbers += first...last
    }
    return numbers
  }
}
