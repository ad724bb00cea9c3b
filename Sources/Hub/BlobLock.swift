import Foundation
import InterchangeBasics

/// Does something with the right to write one file of the cache, which huggingface_hub takes in the
/// same way: `flock` on a file in `.locks`. It ends with the program, however that ends.
///
/// - Parameters:
///   - file: the lock
///   - waiting: is called when another program has it
/// - Throws: `FileSystemError`, and the errors of `body`.
func withLock<R>(_ file: URL, waiting: () -> Void, _ body: () throws -> R) throws -> R {
  try makeFolder(file.deletingLastPathComponent())
  let descriptor = try locked(file.path(percentEncoded: false), waiting: waiting)
  defer { close(descriptor) }
  return try body()
}

/// A descriptor of the file, locked.
private func locked(_ path: String, waiting: () -> Void) throws -> Int32 {
  var hasWaited = false
  while true {
    let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileSystemError(path: path, reason: systemError()) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if !hasWaited { waiting() }
      hasWaited = true
      while flock(descriptor, LOCK_EX) != 0 {
        guard errno == EINTR else {
          let error = FileSystemError(path: path, reason: systemError())
          close(descriptor)
          throw error
        }
      }
    }
    // Whoever held it may have removed it meanwhile; then another file is the lock.
    var (opened, present) = (stat(), stat())
    if fstat(descriptor, &opened) == 0, lstat(path, &present) == 0,
      opened.st_ino == present.st_ino, opened.st_dev == present.st_dev
    {
      return descriptor
    }
    close(descriptor)
  }
}

/// Makes a folder and those above it.
///
/// - Throws: `FileSystemError`.
func makeFolder(_ url: URL) throws {
  do {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  } catch {
    throw FileSystemError(path: url.path, problem: "the folder can't be made")
  }
}
