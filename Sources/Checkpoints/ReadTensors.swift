import Synchronization

/// The names of the tensors that were asked for, so that those which nobody reads can be told.
public final class ReadTensors: Sendable {
  private let names = Mutex<Set<String>>([])

  /// A record without a name.
  public init() {}

  func insert(_ name: String) { names.withLock { _ = $0.insert(name) } }

  /// The names of a checkpoint that nobody asked for, in its order.
  public func unread(of checkpoint: some Checkpoint) -> [String] {
    names.withLock { read in checkpoint.names.filter { !read.contains($0) } }
  }
}

/// A checkpoint that notes which of its tensors are read.
public struct ObservedCheckpoint: Checkpoint {
  private let base: any Checkpoint
  /// The names of the tensors that were read.
  public let reads: ReadTensors

  /// Notes what is read of a checkpoint.
  public init(_ base: any Checkpoint, reads: ReadTensors = ReadTensors()) {
    (self.base, self.reads) = (base, reads)
  }

  /// The file or folder.
  public var path: String { base.path }
  /// The names of all tensors.
  public var names: [String] { base.names }
  /// The files that hold them.
  public var files: [MappedFile] { base.files }

  /// Remarks on them for the user.
  public var notes: [String] { base.notes }

  /// True when there is a tensor of this name.
  public func contains(_ name: String) -> Bool { base.contains(name) }

  /// The tensor of this name, which counts as read from now on.
  ///
  /// - Throws: as the checkpoint itself.
  public func tensor(named name: String) throws -> StoredTensor {
    reads.insert(name)
    return try base.tensor(named: name)
  }

  /// The tensor of this name, which doesn't count as read.
  ///
  /// - Throws: as the checkpoint itself.
  public func peek(_ name: String) throws -> StoredTensor { try base.tensor(named: name) }
}
