import InterchangeBasics
import InterchangeCheckpoints

/// The settings of a model in a file, whichever format it has: the fields of a `config.json` or the
/// keys of a GGUF file's metadata.
///
/// Each setting that is asked for is noted, so that a setting that nobody understood can be
/// refused.
public final class ModelSettings {
  /// A value that both formats can have.
  public typealias Value = JSONReadable & MetadataReadable

  /// The formats.
  public enum Source {
    /// A `config.json`, or an object inside it.
    case folder(ModelConfiguration)
    /// A GGUF file, with its architecture's name.
    case gguf(GGUFFile, architecture: String)
  }

  /// The file.
  public let source: Source
  private var asked: Set<String> = []

  /// The settings in a file.
  public init(_ source: Source) { self.source = source }

  /// The file, as errors name it.
  public var path: String {
    switch source {
    case .folder(let configuration): configuration.path
    case .gguf(let file, _): file.path
    }
  }

  /// The fields of `config.json`; nil in a GGUF file.
  public var configuration: ModelConfiguration? {
    if case .folder(let configuration) = source { configuration } else { nil }
  }

  /// The GGUF file; nil in a folder.
  public var gguf: GGUFFile? {
    if case .gguf(let file, _) = source { file } else { nil }
  }

  /// A setting's value, nil where the file doesn't have it.
  ///
  /// - Parameters:
  ///   - field: the name in `config.json`; nil where it has none
  ///   - key: the name in a GGUF file, without the architecture's; nil where it has none
  /// - Throws: `CheckpointError` for a value of another type.
  public func valueIfPresent<T: Value>(
    _ field: String? = nil, gguf key: String? = nil, as type: T.Type = T.self
  ) throws -> T? {
    switch source {
    case .folder(let configuration):
      guard let field else { return nil }
      asked.insert(field)
      return try configuration.valueIfPresent(field)
    case .gguf(let file, let architecture):
      guard let key else { return nil }
      asked.insert(key)
      return try file.valueIfPresent("\(architecture).\(key)")
    }
  }

  /// A setting's value; in a format that has no name for it there is none.
  ///
  /// - Throws: `CheckpointError` for a value of another type, or none.
  public func value<T: Value>(
    _ field: String? = nil, gguf key: String? = nil, as type: T.Type = T.self
  ) throws -> T {
    if let value: T = try valueIfPresent(field, gguf: key) { return value }
    switch source {
    case .folder(let configuration): return try configuration.value(field ?? key ?? "")
    case .gguf(let file, let architecture):
      return try file.value("\(architecture).\(key ?? field ?? "")")
    }
  }

  /// The object in a field of `config.json`, nil where it isn't there; its own fields are the
  /// caller's to check.
  ///
  /// - Throws: `CheckpointError` when it is something else.
  public func sectionIfPresent(_ field: String) throws -> ModelConfiguration? {
    guard let configuration else { return nil }
    asked.insert(field)
    return try configuration.sectionIfPresent(field)
  }

  /// Notes a setting as understood that is read in another way.
  public func note(_ name: String) { asked.insert(name) }

  /// Refuses a setting that has another value than the one that can be computed.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(path:field:expected:found:)``.
  public func require<T: Value & Equatable>(
    _ field: String? = nil, gguf key: String? = nil, _ expected: T
  ) throws {
    guard let found: T = try valueIfPresent(field, gguf: key), found != expected else { return }
    throw invalid(field, gguf: key, expected: "\(expected)", found: "\(found)")
  }

  /// An error of a setting.
  public func invalid(
    _ field: String? = nil, gguf key: String? = nil, expected: String, found: String
  ) -> ModelError {
    var name = field ?? key ?? ""
    if case .gguf(_, let architecture) = source, let key { name = "\(architecture).\(key)" }
    return .invalidConfiguration(path: path, field: name, expected: expected, found: found)
  }

  /// Refuses the settings that nobody asked for, but for those of a table.
  ///
  /// - Throws: `CheckpointError` naming the first.
  public func requireUnderstood(besides known: KnownFields) throws {
    let all = known.union(KnownFields(applied: asked))
    switch source {
    case .folder(let configuration): try ModelFolder.commonFields.union(all).check(configuration)
    case .gguf(let file, let architecture): try all.check(file, prefix: architecture + ".")
    }
  }
}
