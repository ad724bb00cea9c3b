import Foundation
import InterchangeBasics

/// A model's `config.json`, or an object inside it: named fields with types that are checked when
/// read.
public struct ModelConfiguration: Sendable, Equatable {
  /// The file, as errors name it.
  public let path: String
  /// The fields.
  public let fields: [String: JSONValue]
  /// The fields' place in the file, empty or ending in a dot.
  let prefix: String

  /// Reads a `config.json`, or that of a folder.
  ///
  /// - Throws: ``CheckpointError`` when it can't be read or isn't a JSON object.
  public init(contentsOf url: URL) throws {
    let file = try MappedFile(
      contentsOf: url.isFolder ? url.appending(component: "config.json") : url)
    func malformed(_ expected: String, _ found: String) -> CheckpointError {
      .malformed(file: file.path, place: "configuration", expected: expected, found: found)
    }
    let document: JSONValue
    do {
      document = try JSONParser.parse(file.withBytes { Array($0) })
    } catch {
      throw malformed("valid JSON", "no \(error.expected) at byte \(error.position)")
    }
    guard case .object(let members) = document else {
      throw malformed("a JSON object", document.shortDescription)
    }
    self.init(path: file.path, members: members, prefix: "")
  }

  private init(path: String, members: [JSONValue.Member], prefix: String) {
    self.path = path
    // Of equal names the last counts, as in Python.
    fields = Dictionary(members.map { ($0.key, $0.value) }) { $1 }
    self.prefix = prefix
  }

  /// A field's value: an integer, a number, a boolean, a string or an array of them.
  ///
  /// - Throws: ``CheckpointError`` that names the file, the field, and what was expected and found,
  ///   when the field is missing, null or of another type.
  public func value<T: JSONReadable>(_ field: String, as type: T.Type = T.self) throws -> T {
    if let value: T = try valueIfPresent(field) { return value }
    throw missing(field)
  }

  /// A field's value, nil when it is missing or null.
  ///
  /// - Throws: ``CheckpointError`` when it is of another type.
  public func valueIfPresent<T: JSONReadable>(
    _ field: String, as type: T.Type = T.self
  ) throws -> T? {
    guard let value = fields[field], value != .null else { return nil }
    guard let result = T(json: value) else {
      throw wrong(field, expected: T.jsonExpectation, found: value)
    }
    return result
  }

  /// The object in a field, nil when it is missing or null.
  ///
  /// - Throws: ``CheckpointError`` when it is something else.
  public func sectionIfPresent(_ field: String) throws -> ModelConfiguration? {
    guard let value = fields[field], value != .null else { return nil }
    guard case .object(let members) = value else {
      throw wrong(field, expected: "an object", found: value)
    }
    return ModelConfiguration(path: path, members: members, prefix: "\(prefix)\(field).")
  }

  private func wrong(_ field: String, expected: String, found: JSONValue) -> CheckpointError {
    .malformed(
      file: path, place: "field \(quoted(prefix + field))", expected: expected,
      found: found.shortDescription)
  }

  private func missing(_ field: String) -> CheckpointError {
    if fields[field] == .null { return wrong(field, expected: "a value", found: .null) }
    return .missing(
      file: path, kind: "field", name: prefix + field,
      near: nearNames(to: field, among: fields.keys.sorted()).map { prefix + $0 })
  }
}

/// A Swift type that a field of a JSON object can be read as.
public protocol JSONReadable {
  /// The type that the file must have, for errors: "an integer".
  static var jsonExpectation: String { get }
  /// Reads a value; nil when it is of another type.
  init?(json value: JSONValue)
}

extension Int: JSONReadable {
  /// "an integer".
  public static var jsonExpectation: String { "an integer" }

  /// Reads a number without a fraction.
  public init?(json value: JSONValue) {
    guard let number = value.integer else { return nil }
    self = number
  }
}

extension Double: JSONReadable {
  /// "a number".
  public static var jsonExpectation: String { "a number" }

  /// Reads any number.
  public init?(json value: JSONValue) {
    switch value {
    case .integer(let number): self.init(number)
    case .number(let number): self = number
    default: return nil
    }
  }
}

extension Float: JSONReadable {
  /// "a number".
  public static var jsonExpectation: String { "a number" }

  /// Reads any number, rounded to the nearest float32.
  public init?(json value: JSONValue) {
    guard let number = Double(json: value) else { return nil }
    self.init(number)
  }
}

extension Bool: JSONReadable {
  /// "true or false".
  public static var jsonExpectation: String { "true or false" }

  /// Reads a boolean.
  public init?(json value: JSONValue) {
    guard case .bool(let truth) = value else { return nil }
    self = truth
  }
}

extension String: JSONReadable {
  /// "a string".
  public static var jsonExpectation: String { "a string" }

  /// Reads a string.
  public init?(json value: JSONValue) {
    guard case .string(let text) = value else { return nil }
    self = text
  }
}

extension Array: JSONReadable where Element: JSONReadable {
  /// The elements' type in an array of them.
  public static var jsonExpectation: String {
    "an array, each element \(Element.jsonExpectation)"
  }

  /// Reads an array, every element of which must be readable.
  public init?(json value: JSONValue) {
    guard case .array(let values) = value else { return nil }
    let elements = values.compactMap { Element(json: $0) }
    guard elements.count == values.count else { return nil }
    self = elements
  }
}
