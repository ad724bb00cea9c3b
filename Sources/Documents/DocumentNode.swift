import InterchangeBasics

/// A value of a document that a user wrote, in YAML or JSON, which knows its place for messages.
public struct DocumentNode: Sendable {
  /// A value with its name.
  public struct Entry: Sendable {
    /// The name.
    public let key: String
    /// The value.
    public let value: DocumentNode
  }

  /// The kinds of values.
  public enum Content: Sendable {
    /// `null`, `~` or nothing.
    case null
    /// `true` or `false`; `yes` and `no` are texts.
    case bool(Bool)
    /// A whole number of 64 bits.
    case integer(Int)
    /// Any other number.
    case number(Double)
    /// Text.
    case text(String)
    /// Values in order.
    case list([DocumentNode])
    /// Values by name, in the order of the document.
    case mapping([Entry])
  }

  /// The value.
  public let content: Content
  /// The file, or the name that was given to a text.
  public let source: String
  /// The line, from 1; 0 where it isn't known.
  public let line: Int
  /// The names on the way from the document to the value, such as `variables.verb`.
  public let place: String

  init(_ content: Content, source: String, line: Int, place: String) {
    (self.content, self.source, self.line, self.place) = (content, source, line, place)
  }

  /// A fault of this value.
  public func fault(_ problem: String) -> DocumentError {
    DocumentError(source: source, line: line, place: place, problem: problem)
  }

  /// The kind of value with its content, for messages.
  public var summary: String {
    switch content {
    case .null: "nothing"
    case .bool(let flag): "\(flag)"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .text(let text): quoted(text, upTo: 40)
    case .list(let elements): "a list of \(elements.count)"
    case .mapping(let entries): "a mapping of \(entries.count)"
    }
  }
}

extension DocumentNode {
  /// The text; a number or a truth value isn't one unless it is in quotes.
  ///
  /// - Throws: ``DocumentError`` for anything else.
  public func text(_ expected: String = "a text") throws -> String {
    if case .text(let text) = content { return text }
    throw fault("expected \(expected), found \(summary)")
  }

  /// The text, number or truth value as it is written.
  ///
  /// - Throws: ``DocumentError`` for nothing, a list or a mapping.
  public func written(_ expected: String = "a text") throws -> String {
    switch content {
    case .text(let text): text
    case .integer(let number): "\(number)"
    case .bool(let flag): "\(flag)"
    case .null, .number, .list, .mapping:
      throw fault("expected \(expected), found \(summary)")
    }
  }

  /// The whole number.
  ///
  /// - Throws: ``DocumentError`` for anything else, and for one outside the range.
  public func integer(_ range: ClosedRange<Int>) throws -> Int {
    guard case .integer(let number) = content, range.contains(number) else {
      throw fault(
        "expected a whole number from \(range.lowerBound) to \(range.upperBound), found \(summary)")
    }
    return number
  }

  /// The truth value.
  ///
  /// - Throws: ``DocumentError`` for anything else.
  public func bool() throws -> Bool {
    if case .bool(let flag) = content { return flag }
    throw fault("expected true or false, found \(summary)")
  }

  /// The elements.
  ///
  /// - Throws: ``DocumentError`` for anything but a list.
  public func list(_ expected: String = "a list") throws -> [DocumentNode] {
    if case .list(let elements) = content { return elements }
    throw fault("expected \(expected), found \(summary)")
  }

  /// The elements, or a single value that stands for a list of one.
  public var oneOrMore: [DocumentNode] {
    if case .list(let elements) = content { elements } else { [self] }
  }

  /// The named values.
  ///
  /// - Throws: ``DocumentError`` for anything but a mapping.
  public func entries(_ expected: String = "a mapping of names to values") throws -> [Entry] {
    if case .mapping(let entries) = content { return entries }
    throw fault("expected \(expected), found \(summary)")
  }

  /// True for a mapping.
  public var isMapping: Bool { if case .mapping = content { true } else { false } }

  /// True for a list.
  public var isList: Bool { if case .list = content { true } else { false } }

  /// The value of a mapping's name; nil when there is none, or it is null.
  public subscript(key: String) -> DocumentNode? {
    guard case .mapping(let entries) = content,
      let value = entries.first(where: { $0.key == key })?.value
    else { return nil }
    if case .null = value.content { return nil }
    return value
  }

  /// The value of a name that has to be there.
  ///
  /// - Throws: ``DocumentError`` when it isn't.
  public func required(_ key: String) throws -> DocumentNode {
    guard let value = self[key] else { throw fault("no '\(key)'") }
    return value
  }

  /// Checks that a mapping has no other names than those that are understood.
  ///
  /// - Throws: ``DocumentError`` that names the first other one, with the nearest that is known.
  public func check(known: [String]) throws {
    for entry in try entries() where !known.contains(entry.key) {
      throw entry.value.fault(
        "'\(entry.key)' isn't understood; " + suggestion(for: entry.key, among: known))
    }
  }
}
