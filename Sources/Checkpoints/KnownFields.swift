import InterchangeBasics

/// The fields that a reader of a JSON object or of a file's metadata understands.
///
/// A field that isn't in the table is let through only where it says nothing: null, false, or
/// empty. Anything else could change what is computed, so it is refused by its name. So is
/// false where only true is harmless.
///
/// ```
/// let known = KnownFields(
///   applied: ["r", "lora_alpha"], harmless: ["peft_version"],
///   harmlessAt: ["init_lora_weights": [true, false, "gaussian"]])
/// try known.check(configuration)
/// ```
public struct KnownFields: Sendable {
  /// The part that a known field has.
  public enum Role: Sendable, Equatable {
    /// Read by the reader, which refuses the values that it can't apply itself.
    case applied
    /// Changes nothing that is computed, whatever its value.
    case harmless
    /// Changes nothing at these values; at others it would. Of a field that has to say nothing
    /// there are none.
    case harmlessAt([JSONValue])
  }

  /// A field that can't be let through.
  public struct Fault: Equatable, Sendable {
    /// The field's name, with its place inside the document: `rope_scaling.factor`.
    public let field: String
    /// The values that could be let through.
    public let expected: String
    /// The value in the file, in a few words.
    public let found: String
  }

  /// The known fields.
  public private(set) var roles: [String: Role] = [:]

  /// A table of fields; of equal names the last list counts.
  public init(
    applied: Set<String> = [], harmless: Set<String> = [],
    harmlessAt values: [String: [JSONValue]] = [:]
  ) {
    for field in applied { roles[field] = .applied }
    for field in harmless { roles[field] = .harmless }
    for (field, values) in values { roles[field] = .harmlessAt(values) }
  }

  /// Both tables' fields; of those in both the other's roles count.
  public func union(_ other: KnownFields) -> KnownFields {
    var known = self
    known.roles.merge(other.roles) { $1 }
    return known
  }

  /// The first field by name that isn't known and isn't without meaning; nil when there is none.
  ///
  /// - Parameter prefix: the fields' place in the document, empty or ending in a dot
  public func fault(in fields: [String: JSONValue], prefix: String = "") -> Fault? {
    for (field, value) in fields.sorted(by: { $0.key < $1.key }) {
      let expected: String
      switch roles[field] {
      case .applied, .harmless: continue
      case .harmlessAt(let values):
        let saysNothing = value.saysNothing && !(value == .bool(false) && values == [.bool(true)])
        guard !saysNothing, !values.contains(where: { $0.isSame(as: value) }) else { continue }
        expected = values.map(\.inErrors).joined(separator: ", ")
      case nil:
        guard !value.saysNothing else { continue }
        let near = nearNames(to: field, among: roles.keys.sorted())
        expected =
          "no such field, as what it changes is not known here"
          + (near.isEmpty ? "" : "; near: " + near.map { quoted($0) }.joined(separator: ", "))
      }
      return Fault(
        field: prefix + field, expected: expected.isEmpty ? "none" : expected,
        found: value.inErrors)
    }
    return nil
  }

  /// Checks every field of a configuration, or of an object inside it.
  ///
  /// - Throws: ``CheckpointError/malformed(file:place:expected:found:)`` naming the first that
  ///   can't be let through.
  public func check(_ configuration: ModelConfiguration) throws {
    guard let fault = fault(in: configuration.fields, prefix: configuration.prefix) else { return }
    throw CheckpointError.malformed(
      file: configuration.path, place: "field \(quoted(fault.field))", expected: fault.expected,
      found: fault.found)
  }
}

extension KnownFields {
  /// Checks every key of a GGUF file that begins with a prefix, such as "llama.", by what follows
  /// it.
  ///
  /// - Throws: ``CheckpointError/malformed(file:place:expected:found:)`` naming the first that
  ///   can't be let through.
  public func check(_ file: GGUFFile, prefix: String) throws {
    var values: [String: JSONValue] = [:]
    for (key, value) in file.metadata where key.hasPrefix(prefix) {
      values[String(key.dropFirst(prefix.count))] = JSONValue(value)
    }
    guard let fault = fault(in: values, prefix: prefix) else { return }
    throw CheckpointError.malformed(
      file: file.path, place: "key \(quoted(fault.field))", expected: fault.expected,
      found: fault.found)
  }
}

extension JSONValue {
  /// A value of metadata; an array is one of as many nulls.
  fileprivate init(_ value: MetadataValue) {
    switch value {
    case .boolean(let truth): self = .bool(truth)
    case .string(let text): self = .string(text)
    case .array(let array): self = .array(Array(repeating: .null, count: min(array.count, 1)))
    default:
      self =
        Int(metadata: value).map(JSONValue.integer)
        ?? Double(metadata: value).map(JSONValue.number) ?? .null
    }
  }

  /// True for null, false, and an empty string, array or object.
  fileprivate var saysNothing: Bool {
    switch self {
    case .null, .bool(false): true
    case .string(let text): text.isEmpty
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    case .bool(true), .integer, .number: false
    }
  }

  /// The value as errors show it: numbers and strings as they are, others in a few words.
  fileprivate var inErrors: String {
    string.map { String(quoted($0, upTo: 40).dropFirst().dropLast()) } ?? summary
  }
}
