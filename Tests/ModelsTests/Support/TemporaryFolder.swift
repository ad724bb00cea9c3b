import Foundation

/// A folder for the files of one test, removed when the test is over.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(
      component: "ModelsTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// A copy of a fixture that may be damaged.
  func copy(_ name: String) throws -> URL {
    let copy = url.appending(component: name)
    try FileManager.default.copyItem(at: Fixtures.url(name), to: copy)
    return copy
  }
}

/// The error that a body throws, as the line that a user sees; nil when it throws none.
func line(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
