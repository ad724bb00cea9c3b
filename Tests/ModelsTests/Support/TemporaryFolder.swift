import Foundation
import InterchangeTestSupport

extension TemporaryFolder {
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
