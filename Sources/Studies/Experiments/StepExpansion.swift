import InterchangeBasics
import InterchangeDocuments

/// The points of an experiment as its steps are multiplied out, one after another.
struct StepExpansion {
  private let document: ExperimentDocument
  private var points: [ExperimentPoint] = []
  /// The points of the steps so far.
  private var made: [String: [ExperimentPoint]] = [:]

  init(_ document: ExperimentDocument) { self.document = document }

  /// An option with a node of the document.
  private struct Given {
    let key: String
    let option: StepOption
    let node: DocumentNode
  }

  /// Adds the points of a step.
  mutating func add(
    _ step: ExperimentDocument.Step, _ command: CommandDefinition
  ) throws {
    let own = try Self.own(step, command)
    let shared = try Self.given(document.shared, command, of: nil)
    let all =
      shared.filter { given in
        !own.contains { $0.option.argument.name == given.option.argument.name }
      } + own
    let seed = try Self.firstSeed(own + shared)
    var combinations: [[(given: Given, node: DocumentNode, isAxis: Bool)]] = [[]]
    for given in all {
      let nodes = try given.option.values(given.node, first: seed)
      guard points.count + combinations.count * nodes.count <= ExperimentPlan.mostPoints else {
        throw given.node.fault("the lists make more than \(ExperimentPlan.mostPoints) points")
      }
      combinations = combinations.flatMap { head in
        nodes.map { head + [(given, $0, nodes.count > 1)] }
      }
    }
    var added: [ExperimentPoint] = []
    for combination in combinations {
      var values: [ExperimentPoint.Value] = []
      var open: [(place: Int, given: Given, node: DocumentNode, isAxis: Bool)] = []
      for (given, node, isAxis) in combination {
        if let counter = given.option.counter {
          values.append(Self.value(counter, [.text("1")], node))
        }
        if let value = try plain(given.option.argument, command, node, isAxis) {
          values.append(value)
        } else {
          open.append((values.count, given, node, isAxis))
          values.append(Self.value(given.option.argument, [], node))
        }
      }
      for (place, given, node, isAxis) in open {
        values[place] = ExperimentPoint.Value(
          argument: given.option.argument, option: "--" + given.option.argument.name,
          words: try references(node, given.option.argument, values, seed), isAxis: isAxis,
          node: node)
      }
      added.append(
        ExperimentPoint(
          index: points.count + added.count, name: "", step: step.name, command: step.command,
          node: step.value, values: values))
    }
    points += added
    made[step.name] = added
  }

  private static func value(
    _ argument: CommandDefinition.Argument, _ words: [ExperimentPoint.Word], _ node: DocumentNode
  ) -> ExperimentPoint.Value {
    ExperimentPoint.Value(
      argument: argument, option: "--" + argument.name, words: words, isAxis: false, node: node)
  }

  /// The options that stand in a step: a mapping, or the value of its first place.
  private static func own(
    _ step: ExperimentDocument.Step, _ command: CommandDefinition
  ) throws -> [Given] {
    if case .mapping(let entries) = step.value.content {
      return try given(entries, command, of: step)
    }
    if case .null = step.value.content { return [] }
    // A step that is a word alone.
    if step.value.scalar == step.command, !step.value.place.hasSuffix(step.command) { return [] }
    guard let place = command.firstPlace, let option = StepOption("--" + place.name, of: command)
    else {
      throw step.value.fault(
        "expected options of \(step.command), such as \(step.command): {…}, found "
          + step.value.summary)
    }
    return [Given(key: place.name, option: option, node: step.value)]
  }

  /// The options of some entries; shared ones as far as the command has them.
  private static func given(
    _ entries: [DocumentNode.Entry], _ command: CommandDefinition,
    of step: ExperimentDocument.Step?
  ) throws -> [Given] {
    var all: [Given] = []
    for entry in entries {
      guard let option = StepOption(entry.key, of: command) else {
        guard step != nil else { continue }
        throw StepOption.unknown(entry, among: command.names, of: command.name)
      }
      if let twin = all.first(where: { $0.option.argument.name == option.argument.name }) {
        throw entry.value.fault("'\(entry.key)' and '\(twin.key)' are the same option; give one")
      }
      all.append(Given(key: entry.key, option: option, node: entry.value))
    }
    return all
  }

  /// The seed from which a number of seeds counts: the nearest single one, or 0.
  private static func firstSeed(_ given: [Given]) throws -> UInt64 {
    let single = given.first {
      $0.option.argument.name == CommandDefinition.counted && !$0.option.isPlural
        && $0.node.scalar != nil
    }
    guard let single, let text = single.node.scalar else { return 0 }
    guard let seed = UInt64(text) else { throw single.node.fault("expected a seed, found \(text)") }
    return seed
  }
}

// MARK: - Values

extension StepExpansion {
  /// A value of words alone; nil for one that speaks of an earlier step.
  private func plain(
    _ argument: CommandDefinition.Argument, _ command: CommandDefinition, _ node: DocumentNode,
    _ isAxis: Bool
  ) throws -> ExperimentPoint.Value? {
    var option: String? = "--" + argument.name
    if argument.form == .flag {
      let isOn = try node.bool()
      if !isOn {
        option = command.argument("no-" + argument.name).map { "--" + $0.name }
      }
      return ExperimentPoint.Value(
        argument: argument, option: option, words: [.text("\(isOn)")], isAxis: isAxis, node: node)
    }
    let parts = argument.takesSeveral ? node.oneOrMore : [node]
    guard !parts.isEmpty else { throw node.fault("expected a value of \(argument.name)") }
    if argument.isPath, try parts.contains(where: { try reference($0) != nil }) { return nil }
    let words = try parts.map { part in
      guard let text = part.scalar else {
        throw part.fault("expected a value of \(argument.name), found \(part.summary)")
      }
      return ExperimentPoint.Word.text(text)
    }
    return ExperimentPoint.Value(
      argument: argument, option: option, words: words, isAxis: isAxis, node: node)
  }

  /// A step that is spoken of, with what follows its name and the points that are chosen.
  private func reference(
    _ node: DocumentNode
  ) throws -> (step: String, path: String, choice: [DocumentNode.Entry])? {
    if case .mapping(let entries) = node.content, entries.count == 1 {
      guard made[entries[0].key] != nil else {
        throw node.fault("expected an earlier step, found \(entries[0].key)")
      }
      return (entries[0].key, "", try entries[0].value.entries("options, such as {rank: 1}"))
    }
    guard let text = node.scalar else { return nil }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    if made[name] != nil { return (name, parts.count > 1 ? String(parts[1]) : "", []) }
    guard !document.steps.contains(where: { $0.name == name }) else {
      throw node.fault("the step '\(name)' comes later; expected an earlier one, or ./\(text)")
    }
    return nil
  }

  private func references(
    _ node: DocumentNode, _ argument: CommandDefinition.Argument,
    _ values: [ExperimentPoint.Value], _ seed: UInt64
  ) throws -> [ExperimentPoint.Word] {
    try (argument.takesSeveral ? node.oneOrMore : [node]).flatMap { part in
      guard let (step, path, choice) = try reference(part) else {
        return [ExperimentPoint.Word.text(part.scalar ?? "")]
      }
      let points = try matching(step, choice, values, part)
      guard points.count > 1, !argument.takesSeveral else {
        return points.map { .made(point: $0.index, path: path) }
      }
      let sameSeed = points.filter { point in
        point.axes.allSatisfy { $0.name != CommandDefinition.counted || $0.value == "\(seed)" }
      }
      guard sameSeed.count == 1 else {
        let axis = sameSeed.first?.axes.first ?? points[0].axes[0]
        throw part.fault(
          "\(step) has \(points.count) points that match; say which, such as "
            + "{\(step): {\(axis.name): \(axis.value)}}")
      }
      return [.made(point: sameSeed[0].index, path: path)]
    }
  }

  /// The points of a step with the values that are chosen, or else that this point has itself.
  private func matching(
    _ step: String, _ choice: [DocumentNode.Entry], _ values: [ExperimentPoint.Value],
    _ node: DocumentNode
  ) throws -> [ExperimentPoint] {
    let all = made[step] ?? []
    let names = (all.first?.axes ?? []).map(\.name)
    for entry in choice where !names.contains(where: { Self.isSame($0, entry.key) }) {
      throw entry.value.fault(
        "'\(entry.key)' is the same in all points of \(step); expected "
          + (names.isEmpty ? "nothing, as there is one point" : names.joined(separator: ", ")))
    }
    let found = all.filter { point in
      point.axes.allSatisfy { axis in
        let chosen = choice.first { Self.isSame($0.key, axis.name) }?.value.scalar
        let own = values.first { Self.isSame($0.argument.name, axis.name) }?.text
        return (chosen ?? own).map { $0 == axis.value } ?? true
      }
    }
    guard !found.isEmpty else { throw node.fault("no point of \(step) matches") }
    return found
  }

  /// Tells whether two names are the same, perhaps one in the plural.
  private static func isSame(_ name: String, _ other: String) -> Bool {
    name == other || name + "s" == other || other + "s" == name
  }
}

// MARK: - Names

extension StepExpansion {
  /// The points with their folders' names.
  func named() -> [ExperimentPoint] {
    let digits = max(3, "\(max(0, points.count - 1))".count)
    return points.map { point in
      let number = "\(point.index)"
      let axes = point.axes.flatMap { [$0.name, $0.value] }
      let parts =
        [String(repeating: "0", count: digits - number.count) + number, point.step]
        + axes.map(Self.plainName)
      return ExperimentPoint(
        index: point.index, name: String(parts.joined(separator: "-").prefix(120)),
        step: point.step, command: point.command, node: point.node, values: point.values)
    }
  }

  /// A text as a part of a folder's name.
  private static func plainName(_ text: String) -> String {
    String(
      text.unicodeScalars.prefix(32).map { scalar in
        scalar.isASCII
          && (scalar.properties.isAlphabetic
            || "0123456789.-".unicodeScalars
              .contains(scalar))
          ? Character(scalar) : "_"
      })
  }
}
