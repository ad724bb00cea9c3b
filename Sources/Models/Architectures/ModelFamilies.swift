import InterchangeBasics
import InterchangeCheckpoints

/// The families of models that can be read from files.
public enum ModelFamilies {
  /// The families of this package.
  public static let builtIn: [any ModelFamily.Type] = [LlamaFamily.self, BertFamily.self]

  private static let registry = Registry<any ModelFamily.Type>(builtIn)

  /// Adds a family from outside this package, once; it is asked after all others.
  public static func register(_ family: any ModelFamily.Type) {
    registry.register(family) { known in !known.contains { $0 == family } }
  }

  /// All families in the order in which they are asked.
  public static var all: [any ModelFamily.Type] { registry.all }

  /// The family of a folder.
  ///
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:)`` when none answers to the names
  ///   in its configuration.
  public static func family(of folder: ModelFolder) throws -> any ModelFamily.Type {
    let configuration = folder.configuration
    guard let family = try all.first(where: { try $0.answers(to: configuration) }) else {
      throw ModelError.unknownArchitecture(
        path: configuration.path, found: try folder.architectureName(),
        known: all.flatMap { $0.names })
    }
    return family
  }

  /// Reads the architecture in a folder.
  ///
  /// - Throws: as ``family(of:)``; `CheckpointError` or ``ModelError`` naming the file, the field
  ///   or tensor.
  public static func architecture(in folder: ModelFolder) throws -> any Architecture {
    try family(of: folder).read(folder)
  }

  /// The fields of a folder's `config.json` that its family doesn't understand, in alphabetical
  /// order: what is not known to change nothing. They are not refused yet.
  ///
  /// - Throws: as ``family(of:)``.
  public static func unknownFields(in folder: ModelFolder) throws -> [String] {
    let known = try family(of: folder).fields.union(ModelFolder.commonFields)
    return folder.configuration.fields.keys.filter { !known.contains($0) }.sorted()
  }

  /// Reads the architecture in a GGUF file.
  ///
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:)`` when no family answers to its
  ///   name; `CheckpointError` or ``ModelError`` naming the file, the key or tensor.
  public static func architecture(
    in gguf: GGUFFile, weights: WeightForm = .stored
  ) throws -> any Architecture {
    let name: String = try gguf.value("general.architecture")
    guard let family = all.first(where: { $0.ggufNames.contains(name) }) else {
      throw ModelError.unknownArchitecture(
        path: gguf.path, found: name, known: all.flatMap { $0.ggufNames })
    }
    return try family.read(gguf, weights: weights)
  }
}
