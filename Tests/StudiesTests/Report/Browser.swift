import Foundation
import Testing

/// A real browser without a window, for pages that must work in one.
enum Browser {
  private static let program = ["chromium", "chromium-browser", "google-chrome"].flatMap { name in
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
      .map { "\($0)/\(name)" }
  }.first(where: FileManager.default.isExecutableFile)

  /// Debian's chromium; tests that need it are skipped without it.
  static let isInstalled = program != nil

  /// A page as the browser has it once it is loaded.
  struct Page {
    /// The document's source after scripts have run.
    let document: String
    /// The output to the console, errors among it.
    let console: [String]

    /// The value that a script of the test left as `data-…` of the page's body.
    func note(_ name: String) throws -> String {
      let parts = document.split(separator: " data-\(name)=\"", maxSplits: 1)
      try #require(parts.count == 2, "no note \(name)")
      return Markup.text(of: parts[1].prefix { $0 != "\"" })
    }
  }

  /// Loads a page.
  static func load(_ source: String, options: [String] = []) throws -> Page {
    let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (page, output) = (folder.appending(component: "a.html"), folder.appending(component: "out"))
    let errors = folder.appending(component: "errors")
    try Data(source.utf8).write(to: page)
    for file in [output, errors] { try Data().write(to: file) }
    let process = Process()
    process.executableURL = URL(filePath: try #require(program))
    process.arguments =
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-extensions", "--enable-logging=stderr",
        "--user-data-dir=\(folder.path)/profile", "--timeout=30000",
      ] + options + ["--dump-dom", page.absoluteString]
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let log = try String(contentsOf: errors, encoding: .utf8)
    try #require(process.terminationStatus == 0, "\(log)")
    return Page(
      document: try String(contentsOf: output, encoding: .utf8),
      console: log.split(separator: "\n").map(String.init).filter { $0.contains("CONSOLE") })
  }
}
