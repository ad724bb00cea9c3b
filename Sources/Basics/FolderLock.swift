import Foundation
import Synchronization

/// A folder that one run writes into, and no other meanwhile.
///
/// The lock is a file in the folder that the operating system keeps locked (`flock`): it ends with
/// the program, however that ends. Nothing is ever written into the file, and a link in its place
/// is refused, so that no folder that was received from somebody can reach another file.
package final class FolderLock: Sendable {
  /// The name of the locked file.
  package static let fileName = ".interchange.lock"

  /// The folder.
  package let url: URL
  private let path: String
  private let descriptor: Int32
  /// The folders that were made for it, the innermost first.
  private let made: [URL]
  private let isReleased = Mutex(false)

  /// The locks that are held by this program.
  private static let held = Mutex<[FolderLock]>([])

  /// Locks a folder, which is made when it doesn't exist.
  ///
  /// - Throws: ``FileSystemError`` when it can't be written, or another run is writing there.
  package init(_ url: URL) throws(FileSystemError) {
    self.url = url
    path = url.appending(component: Self.fileName).path(percentEncoded: false)
    var made: [URL] = []
    var folder = url.standardizedFileURL
    while folder.path != "/" && !FileManager.default.fileExists(atPath: folder.path) {
      made.append(folder)
      folder.deleteLastPathComponent()
    }
    self.made = made
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      descriptor = try Self.locked(path)
    } catch {
      for folder in made { rmdir(folder.path(percentEncoded: false)) }
      throw error as? FileSystemError
        ?? FileSystemError(path: url.path, problem: "the folder can't be written")
    }
    Self.held.withLock { $0.append(self) }
  }

  /// A descriptor of the file, locked.
  private static func locked(_ path: String) throws -> Int32 {
    while true {
      let descriptor = open(
        path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else {
        guard errno == ELOOP else { throw CocoaError(.fileWriteNoPermission) }
        throw FileSystemError(
          path: path, problem: "a link; no run follows one in its folder: remove it")
      }
      var (opened, present) = (stat(), stat())
      guard fstat(descriptor, &opened) == 0, opened.st_mode & S_IFMT == S_IFREG else {
        close(descriptor)
        throw FileSystemError(path: path, problem: "not a regular file: remove it")
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        close(descriptor)
        throw FileSystemError(
          path: URL(filePath: path).deletingLastPathComponent().path,
          problem: "another run is writing there; wait for it, or choose another folder")
      }
      // Whoever held it before may have removed it meanwhile; then another file is the lock.
      if lstat(path, &present) == 0, present.st_ino == opened.st_ino,
        present.st_dev == opened.st_dev
      {
        return descriptor
      }
      close(descriptor)
    }
  }

  /// Lets others write; the folders that were made for nothing go again.
  package func release() {
    let isFirst = isReleased.withLock { isReleased in
      defer { isReleased = true }
      return !isReleased
    }
    guard isFirst else { return }
    Self.held.withLock { $0.removeAll { $0 === self } }
    // Removed while it is still locked: nobody can have locked it under this name.
    unlink(path)
    close(descriptor)
    for folder in made { rmdir(folder.path(percentEncoded: false)) }
  }

  /// Releases every lock of this program, at its end.
  package static func releaseAll() {
    for lock in held.withLock({ $0 }) { lock.release() }
  }

  /// Releases the locks of a folder and those in it: a part of the program's work is done.
  package static func release(in folder: URL) {
    let path = folder.standardizedFileURL.path
    for lock in held.withLock({ $0 }) {
      let own = lock.url.standardizedFileURL.path
      if own == path || own.hasPrefix(path + "/") { lock.release() }
    }
  }

  /// Refuses a folder within a locked one that is reached by a link, which may lead anywhere.
  ///
  /// - Throws: ``FileSystemError``.
  package static func requireNoLinks(to folder: URL) throws(FileSystemError) {
    let roots = held.withLock { $0.map { $0.url.standardizedFileURL.path } }
    var place = folder.standardizedFileURL
    var links: [URL] = []
    while place.path != "/", !roots.contains(place.path) {
      var found = stat()
      // Without a slash at its end, which would follow the link.
      if lstat(place.path, &found) == 0, found.st_mode & S_IFMT == S_IFLNK {
        links.append(place)
      }
      place.deleteLastPathComponent()
    }
    if roots.contains(place.path), let link = links.last {
      throw FileSystemError(
        path: link.path, problem: "a link; no run follows one in its folder: remove it")
    }
  }
}
