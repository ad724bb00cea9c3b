import InterchangeBasics

/// A set of named tensors in one or more mapped files.
public protocol Checkpoint: Sendable {
  /// The file or folder, as errors name it.
  var path: String { get }
  /// The names of all tensors, in the order of the files.
  var names: [String] { get }
  /// The files that hold the tensors.
  var files: [MappedFile] { get }
  /// Remarks on the tensors for the user, a sentence each.
  var notes: [String] { get }
  /// True when there is a tensor of this name.
  func contains(_ name: String) -> Bool
  /// The tensor of this name.
  ///
  /// - Throws: ``CheckpointError/missing(file:kind:name:near:)`` when there is none, and
  ///   ``CheckpointError/malformed(file:place:expected:found:)`` when its element type isn't one of
  ///   ``ElementType``.
  func tensor(named name: String) throws -> StoredTensor
}

extension Checkpoint {
  /// Nothing.
  public var notes: [String] { [] }

  /// The identity of the weights: the file's, or, for several files, that of the list of their
  /// identities.
  ///
  /// The list has a line for each file in order: its ``MappedFile/identity()``, two spaces and its
  /// name. Every byte of every file is read.
  public func identity() -> String {
    if files.count == 1 { return files[0].identity() }
    let list = files.map { file in
      "\(file.identity())  \(file.path.split(separator: "/").last ?? "")\n"
    }
    return Array(list.joined().utf8).withUnsafeBytes { XXH64.label($0) }
  }

  /// The error for a tensor that isn't there.
  func missingTensor(_ name: String) -> CheckpointError {
    .missing(file: path, kind: "tensor", name: name, near: nearNames(to: name, among: names))
  }
}
