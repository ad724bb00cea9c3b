import Foundation
import InterchangeBasics
import Yams

extension DocumentNode {
  /// The largest document that is read, in bytes.
  public static let largest = 1 << 20
  /// Values may be in one another at most that deep.
  private static let deepest = 64

  /// Reads a file: JSON where its name ends in `.json`, YAML otherwise.
  ///
  /// - Throws: ``DocumentError`` for a file that can't be read or is no such document.
  public init(contentsOf url: URL) throws {
    let path = url.path(percentEncoded: false)
    guard let data = try? Data(contentsOf: url), data.count <= Self.largest,
      let text = String(data: data, encoding: .utf8)
    else {
      throw DocumentError(
        source: path, problem: "no readable UTF-8 file of at most \(Self.largest) bytes")
    }
    if url.pathExtension.lowercased() == "json" {
      try self.init(json: text, source: path)
    } else {
      try self.init(yaml: text, source: path)
    }
  }

  /// Reads a JSON text.
  ///
  /// - Throws: ``DocumentError`` for a text that isn't JSON, and for a name that occurs twice.
  public init(json text: String, source: String) throws {
    do {
      let value = try JSONParser.parse(Array(text.utf8))
      try self.init(value, source: source, place: "", depth: 0)
    } catch let fault as JSONParser.Fault {
      let line = 1 + text.utf8.prefix(fault.position).count { $0 == UInt8(ascii: "\n") }
      throw DocumentError(source: source, line: line, problem: "expected \(fault.expected)")
    }
  }

  /// A document of a value.
  ///
  /// - Throws: ``DocumentError`` for a name that occurs twice.
  public init(_ value: JSONValue, source: String) throws {
    try self.init(value, source: source, place: "", depth: 0)
  }

  /// Reads a YAML text of one document, without anchors, aliases and tags.
  ///
  /// Scalars without quotes are as in YAML 1.2's core schema: `true`, `false`, `null`, `~` and
  /// numbers; all others, such as `yes`, `no` and `007`, are texts.
  ///
  /// - Throws: ``DocumentError`` for a text that isn't such a document, and for a name that occurs
  ///   twice.
  public init(yaml text: String, source: String) throws {
    func fault(_ line: Int, _ problem: String) -> DocumentError {
      DocumentError(source: source, line: line, problem: problem)
    }
    // Aliases can make a small document grow without limit.
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated() where line.contains(Self.anchor)
    {
      throw fault(index + 1, "anchors and aliases (& and *) aren't read; write the value out")
    }
    guard text.utf8.count <= Self.largest else {
      throw fault(0, "expected at most \(Self.largest) bytes")
    }
    let root: Node?
    do {
      root = try Parser(yaml: text).singleRoot()
    } catch let error as YamlError {
      switch error {
      case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        throw fault(mark.line, "\(problem) (YAML)")
      case .duplicatedKeysInMapping(let keys, let context):
        throw fault(context.mark.line, "the name '\(keys.first ?? "")' occurs twice")
      case .reader(let problem, _, _, _): throw fault(0, "\(problem) (YAML)")
      default: throw fault(0, "no YAML document")
      }
    }
    guard let root else { throw fault(0, "the document is empty") }
    try self.init(root, source: source, place: "", depth: 0)
  }

  /// An anchor or an alias where a value may begin.
  nonisolated(unsafe) private static let anchor = /(^\s*|[\[{,]\s*|[:?\-]\s+)[&*][A-Za-z0-9_]/

  private init(_ value: JSONValue, source: String, place: String, depth: Int) throws {
    let content: Content =
      switch value {
      case .null: .null
      case .bool(let flag): .bool(flag)
      case .integer(let number): .integer(number)
      case .number(let number): .number(number)
      case .string(let text): .text(text)
      case .array(let elements):
        .list(
          try elements.enumerated().map { index, element in
            try DocumentNode(
              element, source: source, place: Self.place(place, index), depth: depth + 1)
          })
      case .object(let members):
        .mapping(
          try members.map { member in
            Entry(
              key: member.key,
              value: try DocumentNode(
                member.value, source: source, place: Self.place(place, member.key),
                depth: depth + 1))
          })
      }
    self.init(content, source: source, line: 0, place: place)
    try checkForm(depth)
  }

  private init(_ node: Node, source: String, place: String, depth: Int) throws {
    let line = node.mark?.line ?? 0
    func fault(_ problem: String) -> DocumentError {
      DocumentError(source: source, line: line, place: place, problem: problem)
    }
    let content: Content
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      guard !isPlain || scalar.tag.description.isEmpty else {
        throw fault("tags such as \(scalar.tag.description) aren't read")
      }
      content = isPlain ? Self.plain(scalar.string) : .text(scalar.string)
    case .sequence(let nodes):
      guard depth < Self.deepest else { throw fault("values are too deep in one another") }
      content = .list(
        try nodes.enumerated().map { index, node in
          try DocumentNode(node, source: source, place: Self.place(place, index), depth: depth + 1)
        })
    case .mapping(let pairs):
      guard depth < Self.deepest else { throw fault("values are too deep in one another") }
      content = .mapping(
        try pairs.map { key, value in
          guard case .scalar(let key) = key else { throw fault("a name has to be a text") }
          return Entry(
            key: key.string,
            value: try DocumentNode(
              value, source: source, place: Self.place(place, key.string), depth: depth + 1))
        })
    case .alias:
      throw fault("aliases (*) aren't read; write the value out")
    }
    self.init(content, source: source, line: line, place: place)
    try checkForm(depth)
  }

  private func checkForm(_ depth: Int) throws {
    guard depth < Self.deepest else { throw fault("values are too deep in one another") }
    guard case .mapping(let entries) = content else { return }
    var seen: Set<String> = []
    for entry in entries where !seen.insert(entry.key).inserted {
      throw fault("the name '\(entry.key)' occurs twice")
    }
  }

  /// A scalar without quotes.
  private static func plain(_ text: String) -> Content {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: break
    }
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard let first = digits.utf8.first, (0x30...0x39).contains(first) || first == 0x2E,
      digits.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }), digits.utf8.count <= 64
    else { return .text(text) }
    // A leading zero would be lost.
    guard digits.count == 1 || !digits.hasPrefix("0") || digits.hasPrefix("0.") else {
      return .text(text)
    }
    if let number = Int(text) { return .integer(number) }
    return Double(text).map(Content.number) ?? .text(text)
  }

  private static func place(_ place: String, _ key: String) -> String {
    let key = key.count > 40 ? "\(key.prefix(40))…" : key
    return place.isEmpty ? key : "\(place).\(key)"
  }

  private static func place(_ place: String, _ index: Int) -> String { "\(place)[\(index + 1)]" }
}
