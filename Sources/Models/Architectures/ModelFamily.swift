import InterchangeCheckpoints

/// A family of models that can be read from files: the names that it answers to and how it is read.
///
/// ``ModelFamilies`` has the list of those in this package; one from outside is added by
/// ``ModelFamilies/register(_:)``.
public protocol ModelFamily: Sendable {
  /// The names in `config.json`, of model types or classes, that say that a folder is of this
  /// family.
  static var names: [String] { get }

  /// The names of the architecture in GGUF files; none when it can't be read from one.
  static var ggufNames: [String] { get }

  /// The fields of `config.json` that the family understands, besides
  /// ``ModelFolder/commonFields``: those that it reads and those that change nothing it computes.
  static var fields: Set<String> { get }

  /// Tells whether a `config.json` is one of this family.
  ///
  /// - Throws: `CheckpointError` for a name of another type.
  static func answers(to configuration: ModelConfiguration) throws -> Bool

  /// Reads a folder's configuration and weights.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file, the field or tensor.
  static func read(_ folder: ModelFolder) throws -> any Architecture

  /// Reads a GGUF file with one of the ``ggufNames``.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file, the key or tensor.
  static func read(_ gguf: GGUFFile, weights: WeightForm) throws -> any Architecture
}

extension ModelFamily {
  /// No names: such models can't be read from GGUF files.
  public static var ggufNames: [String] { [] }

  /// Tells whether the configuration's `model_type`, or one of its `architectures`, is among the
  /// names.
  public static func answers(to configuration: ModelConfiguration) throws -> Bool {
    let type: String? = try configuration.valueIfPresent("model_type")
    let classes: [String] = try configuration.valueIfPresent("architectures") ?? []
    return (classes + [type].compactMap(\.self)).contains { names.contains($0) }
  }

  /// Reads nothing: the family has no form in GGUF.
  ///
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:)``.
  public static func read(_ gguf: GGUFFile, weights: WeightForm) throws -> any Architecture {
    throw ModelError.unknownArchitecture(
      path: gguf.path, found: try gguf.value("general.architecture"),
      known: ModelFamilies.all.flatMap { $0.ggufNames })
  }

  /// Checks that a folder is one of this family.
  ///
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:)``.
  static func requireAnswer(to folder: ModelFolder) throws {
    guard try answers(to: folder.configuration) else {
      throw ModelError.unknownArchitecture(
        path: folder.configuration.path, found: try folder.architectureName(), known: names)
    }
  }
}
