import Foundation

/// A folder for the files of one test, removed when its last holder is gone.
package final class TemporaryFolder: Sendable {
  package let url: URL

  package init() throws {
    url = FileManager.default.temporaryDirectory.appending(
      component: "InterchangeTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// The path of a new file with these bytes.
  package func file(_ contents: Data) throws -> String {
    try file(UUID().uuidString, contents).path
  }

  /// Writes a file; the place where it is.
  package func file(_ name: String, _ contents: some Sequence<UInt8>) throws -> URL {
    let file = url.appending(component: name)
    try Data(contents).write(to: file)
    return file
  }
}
