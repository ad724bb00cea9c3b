import Foundation

/// A file that the operating system refused to write; nothing is left under its name.
public struct FileSystemError: Error, Equatable, CustomStringConvertible {
  /// The file's path.
  public let path: String
  /// The system's own words.
  public let reason: String

  /// One line with the path and the reason.
  public var description: String { "\(path): can't be written: \(reason)" }
}

/// The last error of the operating system in words.
package func systemError() -> String { String(cString: strerror(errno)) }

/// Writes a file so that it appears under its name complete or not at all.
///
/// `body` is given a function that appends bytes. They go to a temporary name in the same folder;
/// after they have reached the disk the file is renamed. A failure, of the system or of `body`,
/// removes the temporary file and throws.
///
/// - Throws: ``FileSystemError``, and the errors of `body`.
package func writeAtomically(
  to path: String, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
) throws {
  func unwritable() -> FileSystemError { FileSystemError(path: path, reason: systemError()) }
  let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
  // Two writers of one file, in this process or in others, must not share the temporary name.
  let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
  let temporary = path[..<slash] + ".\(path[slash...]).\(suffix).part"
  let descriptor = open(String(temporary), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
  guard descriptor >= 0 else { throw unwritable() }
  var isOpen = true
  do {
    try body { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = write(
          descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written < 0 && errno == EINTR { continue }
        guard written >= 0 else { throw unwritable() }
        rest = rest.dropFirst(written)
      }
    }
    guard fsync(descriptor) == 0 else { throw unwritable() }
    isOpen = false
    guard close(descriptor) == 0 else { throw unwritable() }
    guard rename(String(temporary), path) == 0 else { throw unwritable() }
  } catch {
    if isOpen { close(descriptor) }
    unlink(String(temporary))
    throw error
  }
  syncFolder(String(path[..<slash]))
}

/// Makes a rename last through a power cut where the file system can; where it can't, the file is
/// still complete.
private func syncFolder(_ path: String) {
  let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}

/// Writes a file of these bytes so that it appears complete or not at all.
///
/// - Throws: ``FileSystemError``.
package func writeAtomically(_ data: Data, to url: URL) throws(FileSystemError) {
  do {
    try writeAtomically(to: url.path(percentEncoded: false)) { write in
      try data.withUnsafeBytes { try write($0) }
    }
  } catch let error as FileSystemError {
    throw error
  } catch {
    throw FileSystemError(path: url.path, reason: "\(error)")
  }
}
