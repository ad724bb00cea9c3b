import InterchangeBasics

/// A fault of a checkpoint file, a configuration file, or a request to one.
public enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The operating system refused to open, map or list a file.
  case unreadable(file: String, reason: String)
  /// The operating system refused to write a file; nothing is left under its name.
  case unwritable(file: String, reason: String)
  /// A place of a file has something else than its format, or the caller, requires.
  case malformed(file: String, place: String, expected: String, found: String)
  /// A file has no tensor, key or field of this name; `near` holds similar names that it has.
  case missing(file: String, kind: String, name: String, near: [String])

  /// One line that names the file, the place, what was expected and what was found.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): can't be read: \(reason)"
    case .unwritable(let file, let reason): "\(file): can't be written: \(reason)"
    case .malformed(let file, let place, let expected, let found):
      "\(file): \(place): expected \(expected), found \(found)"
    case .missing(let file, let kind, let name, let near):
      "\(file): expected \(kind) \(quoted(name)), found none"
        + (near.isEmpty ? "" : "; near: " + near.map { quoted($0) }.joined(separator: ", "))
    }
  }
}

extension CheckpointError {
  /// `writeAtomically(to:_:)`, whose failure is an ``unwritable(file:reason:)``.
  static func writing(
    to path: String, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    do {
      try writeAtomically(to: path, body)
    } catch let error as FileSystemError {
      throw CheckpointError.unwritable(file: error.path, reason: error.reason)
    }
  }
}
