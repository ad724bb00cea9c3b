import Foundation
import Synchronization

/// A file that the operating system refused to write; nothing is left under its name. Or a folder
/// that can't be written into.
public struct FileSystemError: Error, Equatable, CustomStringConvertible {
  /// The path of the file or the folder.
  public let path: String
  /// The system's own words.
  public let reason: String
  /// One line with the path and the reason.
  public let description: String

  /// A file that can't be written.
  package init(path: String, reason: String) {
    (self.path, self.reason) = (path, reason)
    description = "\(path): can't be written: \(reason)"
  }

  /// A file or folder with a problem in words.
  package init(path: String, problem: String) {
    (self.path, reason) = (path, problem)
    description = "\(path): \(problem)"
  }
}

/// The last error of the operating system in words.
package func systemError() -> String { String(cString: strerror(errno)) }

/// Files under their temporary names, which are to go when the program is stopped.
private enum UnfinishedFiles {
  static let paths = Mutex<Set<String>>([])
  /// Letters of the random part of a name.
  static let suffixLength = 13

  /// A temporary name beside a file's own: `.NAME.RANDOM.part`.
  static func temporary(for name: some StringProtocol) -> String {
    // Two writers of one file, in this process or in others, must not share the temporary name.
    let random = String(UInt64.random(in: .min ... .max), radix: 36)
    let zeros = String(repeating: "0", count: suffixLength - random.count)
    return ".\(name).\(zeros)\(random).part"
  }

  /// Tells whether a name is such a one; those of earlier versions are a little shorter.
  static func isTemporary(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].isEmpty, parts.last == "part" else { return false }
    let random = parts[parts.count - 2].utf8
    return (suffixLength - 3...suffixLength).contains(random.count)
      && random.allSatisfy {
        ("0"..."9").contains(UnicodeScalar($0))
          || ("a"..."z").contains(UnicodeScalar($0))
      }
  }
}

/// Removes the files that this program is just writing, before it is stopped in the middle.
package func removeUnfinishedFiles() {
  for path in UnfinishedFiles.paths.withLock({ $0 }) { unlink(path) }
}

/// Removes what killed programs left unfinished in a folder; the caller has it locked.
package func removeUnfinishedFiles(in folder: URL) {
  let files = FileManager.default
  let names = (try? files.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
  for name in names where UnfinishedFiles.isTemporary(name) {
    unlink(folder.appending(component: name).path(percentEncoded: false))
  }
}

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
  let temporary = String(path[..<slash]) + UnfinishedFiles.temporary(for: path[slash...])
  UnfinishedFiles.paths.withLock { _ = $0.insert(temporary) }
  defer { UnfinishedFiles.paths.withLock { _ = $0.remove(temporary) } }
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
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
    guard rename(temporary, path) == 0 else { throw unwritable() }
  } catch {
    if isOpen { close(descriptor) }
    unlink(temporary)
    throw error
  }
  syncFolder(String(path[..<slash]))
}

/// Writes several files at a time, each as ``writeAtomically(to:_:)`` does: they get their names one
/// after another when all are complete.
///
/// - Parameter body: given, for each file, a function that appends bytes to it
/// - Throws: ``FileSystemError``, and the errors of `body`.
package func writeAtomically(
  toEach paths: [String], _ body: ([(UnsafeRawBufferPointer) throws -> Void]) throws -> Void
) throws {
  func next(_ writers: [(UnsafeRawBufferPointer) throws -> Void]) throws {
    guard writers.count < paths.count else { return try body(writers) }
    try writeAtomically(to: paths[writers.count]) { write in
      try withoutActuallyEscaping(write) { try next(writers + [$0]) }
    }
  }
  try next([])
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
