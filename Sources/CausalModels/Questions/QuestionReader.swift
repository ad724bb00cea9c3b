import InterchangeBasics
import InterchangeDocuments

/// Reads a question's document, field by field, and checks that it can be asked.
struct QuestionReader {
  private static let fields = [
    "question", "summary", "tables", "variables", "where", "words", "template", "templates",
    "answer", "answers", "change", "same", "balance", "group", "pools", "pairs", "unchanged",
  ]
  /// Variables and tables may be that many.
  private static let most = 200
  /// Values of one variable, and entries of one table, may be that many.
  private static let mostValues = 20_000
  /// Combinations of balanced choices may be that many.
  private static let mostCells = 4096

  let document: DocumentNode
  private(set) var tables: [ExpressionTable] = []
  private(set) var variables: [QuestionVariable] = []
  private(set) var types: [String: ExpressionType] = [:]

  init(_ document: DocumentNode) throws {
    self.document = document
    try document.check(known: Self.fields)
    for entry in try document["tables"]?.entries("a mapping of names to tables") ?? [] {
      try checkName(entry.key, entry.value)
      tables.append(try Self.table(entry.key, entry.value))
    }
    let entries = try document.required("variables").entries("a mapping of names to values")
    guard entries.count + tables.count <= Self.most else {
      throw try document.required("variables").fault(
        "expected at most \(Self.most) variables and tables, found \(entries.count + tables.count)")
    }
    try read(entries)
  }

  // MARK: Tables

  private static func table(_ name: String, _ node: DocumentNode) throws -> ExpressionTable {
    let entries = try node.entries("a mapping of keys to values")
    // A list has the keys of one value: `male: [John, Paul]`.
    let isInverse = entries.contains { $0.value.isList }
    let keysAreNumbers = !isInverse && entries.allSatisfy { "\(Int($0.key) ?? 0)" == $0.key }
    let pairs: [(key: CausalValue, value: CausalValue)] = try entries.flatMap { entry in
      guard isInverse else {
        let key: CausalValue =
          keysAreNumbers ? .int(Int(entry.key) ?? 0) : .string(entry.key)
        return [(key, try value(entry.value))]
      }
      return try entry.value.list().map { (try value($0), .string(entry.key)) }
    }
    guard pairs.count <= mostValues else {
      throw node.fault("expected at most \(mostValues) entries, found \(pairs.count)")
    }
    guard let table = ExpressionTable(name, pairs) else {
      throw node.fault(
        pairs.isEmpty
          ? "the table is empty"
          : "expected different keys of one type and values of one type (a number in quotes is a "
            + "text)")
    }
    return table
  }

  private static func value(_ node: DocumentNode) throws -> CausalValue {
    switch node.content {
    case .text(let text): .string(text)
    case .integer(let number): .int(number)
    case .bool(let flag): .bool(flag)
    case .null, .number, .list, .mapping:
      throw node.fault("expected a text, a whole number or true or false, found \(node.summary)")
    }
  }

  // MARK: Variables

  /// Variables in the document's order; an expression may use later ones.
  private mutating func read(_ entries: [DocumentNode.Entry]) throws {
    var read: [String: QuestionVariable] = [:]
    var pending: [DocumentNode.Entry] = []
    for entry in entries {
      try checkName(entry.key, entry.value)
      if entry.value.isList || entry.value.isMapping {
        let variable = try drawn(entry.key, entry.value, among: entries)
        read[entry.key] = variable
        types[entry.key] = variable.type
        if case .classed(let other, let classes) = variable.kind {
          guard types[other] == nil, !entries.contains(where: { $0.key == other }) else {
            throw entry.value.fault("the class '\(other)' has the name of a variable")
          }
          try checkName(other, entry.value)
          types[other] = classes[0].name.type
        }
      } else {
        pending.append(entry)
      }
    }
    // Expressions whose variables all have a type, round by round.
    while !pending.isEmpty {
      let names = Set(pending.map(\.key))
      var waiting: [DocumentNode.Entry] = []
      for entry in pending {
        let text = try entry.value.written("an expression, a list of values or a mapping")
        let needs = try at(entry.value) { try CausalExpression.names(in: text) }
        if needs.contains(where: { names.contains($0) && types[$0] == nil }) {
          waiting.append(entry)
          continue
        }
        let expression = try self.expression(entry.value)
        read[entry.key] = QuestionVariable(
          name: entry.key, kind: .computed(expression), type: expression.type)
        types[entry.key] = expression.type
      }
      guard waiting.count < pending.count else {
        throw waiting[0].value.fault(
          "depends on itself, by way of "
            + waiting.map { "'\($0.key)'" }.joined(separator: ", "))
      }
      pending = waiting
    }
    variables = entries.compactMap { read[$0.key] }
  }

  private func drawn(
    _ name: String, _ node: DocumentNode, among entries: [DocumentNode.Entry]
  ) throws -> QuestionVariable {
    let values: [CausalValue]
    if node.isList {
      values = try node.list().map(Self.value)
    } else if node["from"] != nil || node["to"] != nil {
      try node.check(known: ["from", "to"])
      let (from, to) = (
        try node.required("from").integer(-1_000_000_000...1_000_000_000),
        try node.required("to").integer(-1_000_000_000...1_000_000_000)
      )
      guard from <= to, to - from < Self.mostValues else {
        throw node.fault(
          "expected a range of 1 to \(Self.mostValues) numbers, found \(from) to \(to)")
      }
      values = (from...to).map(CausalValue.int)
    } else if let keys = node["keys"] {
      try node.check(known: ["keys"])
      let wanted = try keys.text("a table's name")
      guard let table = tables.first(where: { $0.name == wanted }) else {
        throw keys.fault("no table is named '\(wanted)'")
      }
      values = table.keys
    } else if let like = node["like"] {
      try node.check(known: ["like"])
      let wanted = try like.text("a variable's name")
      guard wanted != name, let other = entries.first(where: { $0.key == wanted }),
        other.value["like"] == nil, other.value.isList || other.value.isMapping
      else { throw like.fault("no variable with values of its own is named '\(wanted)'") }
      return QuestionVariable(
        name: name, kind: .drawn(try drawn(wanted, other.value, among: entries).values),
        type: try drawn(wanted, other.value, among: entries).type)
    } else if let entry = try node.entries().first, try node.entries().count == 1,
      entry.value.isMapping
    {
      return try classed(name, entry)
    } else {
      throw node.fault(
        "expected a list of values, an expression, {from, to}, {like: VARIABLE}, {keys: TABLE} or "
          + "{CLASS: {NAME: [values], …}}")
    }
    return QuestionVariable(
      name: name, kind: .drawn(values), type: try type(of: values, node))
  }

  private func classed(
    _ name: String, _ entry: DocumentNode.Entry
  ) throws -> QuestionVariable {
    let classes = try entry.value.entries().map { group in
      (name: CausalValue.string(group.key), values: try group.value.list().map(Self.value))
    }
    let type = try type(of: classes.flatMap(\.values), entry.value)
    guard classes.allSatisfy({ !$0.values.isEmpty }) else {
      throw entry.value.fault("a class has no values")
    }
    return QuestionVariable(
      name: name, kind: .classed(variable: entry.key, classes), type: type)
  }

  private func type(of values: [CausalValue], _ node: DocumentNode) throws -> ExpressionType {
    guard let first = values.first, values.count <= Self.mostValues else {
      throw node.fault(
        values.isEmpty
          ? "there are no values" : "expected at most \(Self.mostValues) values")
    }
    guard values.allSatisfy({ $0.type == first.type }) else {
      throw node.fault(
        "expected values of one type, found "
          + Set(values.map(\.type.description)).sorted().joined(separator: " and ")
          + "; a number in quotes is a text")
    }
    var seen: Set<CausalValue> = []
    if let twice = values.first(where: { !seen.insert($0).inserted }) {
      throw node.fault("the value '\(twice)' occurs twice")
    }
    return first.type
  }

  private func checkName(_ name: String, _ node: DocumentNode) throws {
    let first = name.first ?? "0"
    let isName =
      (first.isLetter || first == "_") && name.count <= 60
      && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    guard isName, !ExpressionParser.keywords.contains(name) else {
      throw node.fault(
        "'\(name)' can't be a name; expected letters, digits and _, and none of the words "
          + ExpressionParser.keywords.sorted().joined(separator: ", "))
    }
  }

  // MARK: Expressions

  /// A fault of an expression with the document's place.
  func at<Result>(_ node: DocumentNode, _ work: () throws -> Result) throws -> Result {
    do {
      return try work()
    } catch let error as ExpressionError {
      throw node.fault("\(error)")
    }
  }

  /// The expression in a field, checked against all variables that have a type.
  func expression(_ node: DocumentNode) throws -> CausalExpression {
    let text = try node.written("an expression")
    return try at(node) { try CausalExpression(text, types: types, tables: tables) }
  }

  /// The names in a field, a list or a single one, each of a variable.
  func names(_ field: String) throws -> [String] {
    try document[field].map(names) ?? []
  }

  func names(_ node: DocumentNode) throws -> [String] {
    try node.oneOrMore.map { node in
      let name = try node.text("a variable's name")
      guard types[name] != nil else { throw unknown(name, node) }
      return name
    }
  }

  func unknown(_ name: String, _ node: DocumentNode) -> DocumentError {
    node.fault(
      "no variable is named '\(name)'; "
        + suggestion(for: name, among: types.keys.sorted(), expected: "expected one of"))
  }

  /// Checks that the balanced choices are countable.
  func checkBalance(_ question: Question) throws {
    let domains = QuestionSampler.domains(question)
    for name in question.balance where domains[name] == nil {
      throw document["balance"]?.fault(
        "'\(name)' can't be balanced: its values are too many, or can't be told from its expression"
      )
        ?? document.fault("'\(name)' can't be balanced")
    }
    for change in question.changes {
      let cells = QuestionSampler(question, change: change).cells
      guard cells <= Self.mostCells else {
        throw (document["balance"] ?? document).fault(
          "\(cells) combinations of balanced values; expected at most \(Self.mostCells)")
      }
    }
  }
}
