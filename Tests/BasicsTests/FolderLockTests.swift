import Foundation
import InterchangeBasics
import Testing

/// One writer at a time, nothing through links, nothing unfinished left.
@Suite final class FolderLockTests {
  private let url = FileManager.default.temporaryDirectory.appending(
    component: "FolderLockTests-\(UUID().uuidString)")
  private var lockPath: String { url.appending(component: FolderLock.fileName).path }

  deinit { try? FileManager.default.removeItem(at: url) }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing thrown"
    } catch {
      return "\(error)"
    }
  }

  @Test func oneAtATimeAndNothingLeft() throws {
    let inner = url.appending(path: "a/b")
    let first = try FolderLock(inner)
    #expect(
      message { _ = try FolderLock(inner) }
        == "\(inner.path): another run is writing there; wait for it, or choose another folder")
    first.release()
    // The folders that it made, too.
    #expect(!FileManager.default.fileExists(atPath: url.path))
    try FolderLock(inner).release()
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try FolderLock(url).release()
    #expect(try FileManager.default.contentsOfDirectory(atPath: url.path).isEmpty)
  }

  /// A file that a killed run left is no lock.
  @Test func anAbandonedFile() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try Data().write(to: URL(filePath: lockPath))
    try FolderLock(url).release()
    #expect(!FileManager.default.fileExists(atPath: lockPath))
  }

  /// A folder that was received from somebody can't reach a file elsewhere.
  @Test func linksAreNotFollowed() throws {
    let target = url.appending(component: "precious")
    let folder = url.appending(component: "received")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("kept".utf8).write(to: target)
    let link = folder.appending(component: FolderLock.fileName)
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
    #expect(message { _ = try FolderLock(folder) }.hasPrefix("\(link.path): a link;"))
    #expect(try String(contentsOf: target, encoding: .utf8) == "kept")
    unlink(link.path)
    mkfifo(link.path, 0o600)
    #expect(message { _ = try FolderLock(folder) } == "\(link.path): not a regular file: remove it")
    unlink(link.path)
    // A hard link can't be told from a file; nothing is ever written into it.
    try FileManager.default.linkItem(at: target, to: link)
    try FolderLock(folder).release()
    #expect(try String(contentsOf: target, encoding: .utf8) == "kept")

    let lock = try FolderLock(folder)
    let part = folder.appending(path: "seed-1/x")
    try FolderLock.requireNoLinks(to: part)
    try FileManager.default.createSymbolicLink(
      at: folder.appending(component: "seed-1"), withDestinationURL: url)
    #expect(message { try FolderLock.requireNoLinks(to: part) }.contains("seed-1: a link;"))
    lock.release()
  }

  @Test func unfinishedFilesGo() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    let left = [".run.json.0123456789abc.part", ".a.b.png.9xyz01234567.part"]
    let kept = [
      "run.json", ".run.json.part", ".part", "a.0123456789abc.part", ".a.SHOUT56789abc.part",
    ]
    for name in left + kept { try Data().write(to: url.appending(component: name)) }
    removeUnfinishedFiles(in: url)
    let found = try FileManager.default.contentsOfDirectory(atPath: url.path)
    #expect(found.sorted() == kept.sorted())
    // The name that a file has until it is whole is such a one.
    #expect(
      message {
        try writeAtomically(to: url.appending(component: "whole").path) { _ in
          removeUnfinishedFiles(in: url)
        }
      }.hasSuffix("can't be written: No such file or directory"))
  }
}
