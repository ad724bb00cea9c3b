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
  /// Any other is refused.
  static var fields: KnownFields { get }

  /// The keys of a GGUF file's metadata that the family understands, without the architecture's
  /// name and dot before them. Any other that begins so is refused.
  static var ggufKeys: KnownFields { get }

  /// Tells whether a tensor of a file may be left unread: a constant that follows from the
  /// configuration, or a part that no output depends on. Any other that isn't read is refused.
  static func mayLeave(_ tensor: String) -> Bool

  /// Tells whether a `config.json` is one of this family.
  ///
  /// - Throws: `CheckpointError` for a name of another type.
  static func answers(to configuration: ModelConfiguration) throws -> Bool

  /// Refuses the fields of a folder's `config.json` that aren't understood, before it is read:
  /// those outside ``fields`` and ``ModelFolder/commonFields``.
  ///
  /// - Throws: `CheckpointError` naming the field.
  static func checkFields(of folder: ModelFolder) throws

  /// Refuses the keys of a GGUF file that aren't understood, before it is read: those of the
  /// architecture's outside ``ggufKeys``.
  ///
  /// - Throws: `CheckpointError` naming the key.
  static func checkKeys(of file: GGUFFile, architecture: String) throws

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
  /// No keys.
  public static var ggufKeys: KnownFields { KnownFields() }

  /// Refuses any field outside the table.
  public static func checkFields(of folder: ModelFolder) throws {
    try ModelFolder.commonFields.union(fields).check(folder.configuration)
  }

  /// Refuses any key outside the table.
  public static func checkKeys(of file: GGUFFile, architecture: String) throws {
    try ggufKeys.check(file, prefix: architecture + ".")
  }

  /// False: every tensor has to be read.
  public static func mayLeave(_ tensor: String) -> Bool { false }

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
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:needed:)``.
  public static func read(_ gguf: GGUFFile, weights: WeightForm) throws -> any Architecture {
    throw ModelError.unknownArchitecture(
      path: gguf.path, found: try gguf.value("general.architecture"),
      known: ModelFamilies.all.flatMap { $0.ggufNames })
  }

  /// Checks that a folder is one of this family.
  ///
  /// - Throws: ``ModelError/unknownArchitecture(path:found:known:needed:)``.
  static func requireAnswer(to folder: ModelFolder) throws {
    guard try answers(to: folder.configuration) else {
      throw ModelError.unknownArchitecture(
        path: folder.configuration.path, found: try folder.architectureName(), known: names)
    }
  }
}

extension ModelFamily {
  /// Checks that a folder is one of this family, and that every field of its configuration is
  /// understood.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the field.
  static func requireUnderstood(_ folder: ModelFolder) throws {
    try requireAnswer(to: folder)
    try checkFields(of: folder)
  }

  /// Checks that a GGUF file holds a model, and that every key of its architecture is understood.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the key.
  static func requireUnderstood(_ file: GGUFFile) throws {
    let kind: String = try file.valueIfPresent("general.type") ?? "model"
    guard kind == "model" else {
      throw ModelError.invalidConfiguration(
        path: file.path, field: "general.type", expected: "model", found: kind)
    }
    try checkKeys(of: file, architecture: file.value("general.architecture"))
  }

  /// Reads a folder by `body` and refuses what nobody understood: the fields of its configuration
  /// before, its tensors after.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the field or tensor, and what `body`
  ///   throws.
  static func reading<A>(_ folder: ModelFolder, _ body: (ModelFolder) throws -> A) throws -> A {
    try requireUnderstood(folder)
    let result = try body(folder)
    let checkpoint = try folder.checkpoint()
    try requireRead(checkpoint.reads, checkpoint, by: folder.architectureName())
    return result
  }

  /// Reads a GGUF file by `body` and refuses what nobody understood: the keys of its architecture
  /// before, its tensors after.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the key or tensor, and what `body`
  ///   throws.
  static func reading<A>(_ file: GGUFFile, _ body: () throws -> A) throws -> A {
    try requireUnderstood(file)
    let result = try body()
    try requireRead(file.reads, file, by: file.value("general.architecture"))
    return result
  }

  private static func requireRead(
    _ reads: ReadTensors, _ checkpoint: some Checkpoint, by architecture: String
  ) throws {
    let unread = reads.unread(of: checkpoint).filter { !mayLeave($0) }
    guard unread.isEmpty else {
      throw ModelError.unknownTensors(
        path: checkpoint.path, tensors: unread, architecture: architecture)
    }
  }
}
