import Foundation
import InterchangeBasics
import InterchangeDocuments

extension Question {
  /// Reads a document in YAML, or in JSON where the file's name ends in `.json`.
  ///
  /// - Throws: `DocumentError` with the line, the field and what was expected.
  public init(contentsOf path: String) throws {
    let url = URL(userPath: path)
    try self.init(
      DocumentNode(contentsOf: url), text: String(decoding: Data(contentsOf: url), as: UTF8.self),
      name: url.deletingPathExtension().lastPathComponent)
  }

  /// Reads a document in YAML.
  ///
  /// - Throws: `DocumentError` with the line, the field and what was expected.
  public init(yaml text: String) throws {
    try self.init(
      DocumentNode(yaml: text, source: "question"), text: text, name: "question")
  }

  /// A question that another form's file makes.
  init(_ value: JSONValue, source: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .withoutEscapingSlashes]
    try self.init(
      DocumentNode(value, source: source),
      text: String(decoding: encoder.encode(value), as: UTF8.self), name: "question")
  }

  /// A document of this library; a fault of it is a programmer's.
  init(builtIn text: String) {
    do {
      try self.init(yaml: text)
    } catch {
      programmerError("a question of the library: \(error)")
    }
  }

  private init(_ document: DocumentNode, text: String, name: String) throws {
    let reader = try QuestionReader(document)
    self.name = try document["question"]?.text("the question's name") ?? name
    self.document = text
    var words: [String: CausalExpression] = [:]
    for entry in try document["words"]?.entries("a mapping of gaps to expressions") ?? [] {
      words[entry.key] = try reader.expression(entry.value)
    }
    self.words = words
    templates = try Self.templates(reader, words)
    summary =
      try document["summary"]?.text()
      ?? "\(self.name): \(templates[0].pattern.replacing("\n", with: " "))"
    answers = try document["answers"].map { node in
      let answers = try node.list("a list of answers").map { try $0.written("an answer") }
      guard answers.count > 1, Set(answers).count == answers.count else {
        throw node.fault("expected at least two different answers")
      }
      return answers
    }
    conditions = try (document["where"]?.oneOrMore ?? []).map { node in
      let condition = try reader.expression(node)
      guard condition.type == .truth else {
        throw node.fault("expected a truth value, found \(condition.type)")
      }
      return condition
    }
    changes = try Self.changes(reader)
    same = try reader.names("same")
    balance = try reader.names("balance")
    (group, groupVariables) = try Self.group(reader)
    pools = try document["pools"]?.integer(1...64)
    pairs = try document["pairs"]?.integer(2...1_000_000)
    keepsAnswer = try document["unchanged"]?.bool() ?? false
    variables = reader.variables

    let (all, output) = try Self.causalVariables(reader)
    fullModel = try CausalModel(all, output: output)
    let kept = fullModel.ancestors(
      of: [output] + changes.flatMap(\.variables) + balance + groupVariables)
    model = try CausalModel(all.filter { kept.contains($0.name) }, output: output)
    modelInputs = Set(model.inputs)
    try reader.checkBalance(self)
  }

  private static func templates(
    _ reader: QuestionReader, _ words: [String: CausalExpression]
  ) throws -> [Template] {
    let document = reader.document
    guard let node = document["templates"] ?? document["template"],
      document["templates"] == nil || document["template"] == nil
    else { throw document.fault("expected a 'template', or several 'templates'") }
    let templates = try node.oneOrMore.map { node in
      let template: Template
      do {
        template = try Template(node.text("a text with {gaps}"))
      } catch CausalModelError.template(_, let problem) {
        throw node.fault(problem)
      }
      for gap in template.gaps where words[gap] == nil && reader.types[gap] == nil {
        throw node.fault(
          "the gap '\(gap)' is no variable and isn't among 'words'; variables are "
            + reader.types.keys.sorted().joined(separator: ", "))
      }
      return template
    }
    guard !templates.isEmpty else { throw node.fault("there is no text") }
    if let words = document["words"] {
      let gaps = Set(templates.flatMap(\.gaps))
      for entry in try words.entries() where !gaps.contains(entry.key) {
        throw entry.value.fault("no text has the gap '\(entry.key)'")
      }
    }
    return templates
  }

  /// All variables, and the name of the one that is the answer.
  private static func causalVariables(
    _ reader: QuestionReader
  ) throws -> (variables: [CausalVariable], output: String) {
    let variables = reader.variables.flatMap(\.causalVariables)
    // A variable of that name is the answer by itself.
    if reader.document["answer"] == nil, reader.types["answer"] != nil {
      return (variables, "answer")
    }
    let node = try reader.document.required("answer")
    let answer = try reader.expression(node)
    if reader.types[answer.text] != nil { return (variables, answer.text) }
    guard reader.types["answer"] == nil else {
      throw node.fault("there is a variable 'answer'; give its name, or name it otherwise")
    }
    return (variables + [.expression("answer", answer)], "answer")
  }

  private static func changes(_ reader: QuestionReader) throws -> [Change] {
    let node = try reader.document.required("change")
    func checked(_ change: Change, _ node: DocumentNode) throws -> Change {
      guard !change.variables.isEmpty, Set(change.variables).count == change.variables.count,
        change.variables.count <= 8
      else { throw node.fault("expected 1 to 8 different variables") }
      if let both = change.variables.first(where: change.same.contains) {
        throw node.fault("'\(both)' can't be changed and the same")
      }
      return change
    }
    guard node.isMapping else {
      let changes = try node.oneOrMore.map { node in
        try checked(Change(rawValue: reader.names(node)[0]), node)
      }
      guard !changes.isEmpty else { throw node.fault("expected a variable's name") }
      return changes
    }
    let changes = try node.entries().map { entry in
      let value = entry.value
      if value.isMapping { try value.check(known: ["variables", "same"]) }
      let named = value.isMapping ? value["variables"] : value
      let isNamed = if case .null = value.content { false } else { named != nil }
      let variables = try isNamed ? named.map(reader.names) ?? [] : [entry.key]
      for variable in variables where reader.types[variable] == nil {
        throw reader.unknown(variable, value)
      }
      let same = try value.isMapping ? value["same"].map(reader.names) ?? [] : []
      return try checked(Change(entry.key, variables: variables, same: same), value)
    }
    guard !changes.isEmpty else { throw node.fault("expected a variable's name") }
    return changes
  }

  private static func group(_ reader: QuestionReader) throws -> (GroupKind, [String]) {
    guard let node = reader.document["group"] else { return (.prompts, []) }
    let (kind, names): (String, DocumentNode) =
      if node.isMapping {
        if try node.entries().count == 1, let entry = try node.entries().first {
          (entry.key, entry.value)
        } else {
          throw node.fault("expected one kind, such as {nouns: [subject, attractor]}")
        }
      } else {
        (try node.oneOrMore.map { try $0.text() }.joined(separator: ", "), node)
      }
    let variables = try reader.names(names)
    for name in variables
    where !reader.variables.contains(where: { $0.name == name && !$0.values.isEmpty }) {
      throw names.fault("'\(name)' isn't drawn from values, so its values can't be kept apart")
    }
    guard !variables.isEmpty else { throw names.fault("expected a variable's name") }
    return (GroupKind(rawValue: kind), variables)
  }
}

extension CausalModel {
  /// These variables and all that they are computed from.
  func ancestors(of names: [String]) -> Set<String> {
    var kept: Set<String> = []
    var waiting = names
    while let name = waiting.popLast() {
      guard kept.insert(name).inserted else { continue }
      waiting += parents(of: name) ?? []
    }
    return kept
  }
}

extension GroupKind {
  /// Whole prompts, of questions that say nothing else.
  public static let prompts = GroupKind(rawValue: "prompts")
}
