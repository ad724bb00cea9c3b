import Foundation
import InterchangeBasics

/// A file mapped into memory for reading, unmapped when the last reference to it goes.
///
/// Pages are read when they are first touched and shared with every other process that maps the
/// file. A file that another process truncates while it is mapped ends this process with a bus
/// error: that is a limit of memory maps.
// Unchecked because of the pointer; the bytes it points to are never written.
public final class MappedFile: @unchecked Sendable {
  /// The file's path, as errors name it.
  public let path: String
  /// The number of bytes.
  public let size: Int
  private let base: UnsafeRawPointer?

  /// Maps a regular file.
  ///
  /// - Throws: ``CheckpointError/unreadable(file:reason:)`` with the system's words.
  public init(contentsOf url: URL) throws {
    path = url.path(percentEncoded: false)
    let path = path
    func unreadable() -> CheckpointError { .unreadable(file: path, reason: systemError()) }
    // Without O_NONBLOCK the opening of a named pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw unreadable() }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable() }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw CheckpointError.malformed(
        file: path, place: "file", expected: "a regular file",
        found: isFolder ? "a folder" : "a special file")
    }
    size = Int(status.st_size)
    guard size > 0 else {
      base = nil
      return
    }
    let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else { throw unreadable() }
    base = UnsafeRawPointer(address)
    guard !GitLFS.isPointer(bytes) else {
      throw CheckpointError.malformed(
        file: path, place: "file", expected: "its content; `git lfs pull` fetches it",
        found: "a Git LFS pointer")
    }
  }

  /// Memory of this process, filled once by `body`, in the place of a file whose data it holds in
  /// another order.
  ///
  /// - Throws: ``CheckpointError/unreadable(file:reason:)`` when there isn't enough memory.
  init(
    rearranging path: String, size: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void
  ) throws {
    self.path = path
    self.size = size
    guard size > 0 else {
      base = nil
      return
    }
    let address = mmap(
      nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let address, address != MAP_FAILED else {
      throw CheckpointError.unreadable(file: path, reason: systemError())
    }
    body(UnsafeMutableRawBufferPointer(start: address, count: size))
    base = UnsafeRawPointer(address)
  }

  deinit {
    if let base { munmap(UnsafeMutableRawPointer(mutating: base), size) }
  }

  /// Reads the whole file without a copy; the pointer is valid during the call.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  /// The whole file; valid as long as this object is kept alive.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: size) }

  /// The number of this type at a byte offset, which needs no alignment.
  func load<T: BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
    withBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }
}
