import Figures
import Foundation

/// Builds and runs notebooks as programs over this package.
///
/// A notebook's program is a file in the package's `Snippets` folder; one that hasn't changed is not
/// compiled again.
public struct NotebookRunner {
  /// The folder of the package; cells run in it.
  public let root: URL

  /// - Parameter root: the folder that has the package's `Package.swift`
  public init(root: URL) {
    self.root = root
  }

  /// What happened to a notebook.
  public struct Outcome: Sendable {
    public let path: String
    /// Files that were not there, with how many cells were left out for them.
    public let leftOut: [String: Int]
    public let seconds: Double
  }

  /// The files that cells of a notebook need, in their order.
  ///
  /// - Throws: ``NotebookError/invalid(path:line:reason:)``.
  public func needs(_ file: URL) throws -> [String] {
    try notebook(file).cells.compactMap(\.need)
  }

  /// Runs a notebook and writes its outputs and figures into it.
  ///
  /// - Throws: ``NotebookError`` naming the line that doesn't compile, stops, or claims what isn't so.
  public func run(_ file: URL) throws -> Outcome {
    let figures = file.deletingLastPathComponent().appending(component: "figures")
    let (notebook, results, outcome) = try results(file, figures: figures)
    let text = notebook.updated(results).markdown
    let old = try String(contentsOf: file, encoding: .utf8)
    if text != old { try Data(text.utf8).write(to: file, options: .atomic) }
    return outcome
  }

  /// Runs a notebook and compares what it prints and draws with what is in it; nothing is written.
  ///
  /// - Throws: as ``run(_:)``, and ``NotebookError/differs(_:)``.
  public func check(_ file: URL) throws -> Outcome {
    let temporary = FileManager.default.temporaryDirectory.appending(
      component: "notebook-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: temporary) }
    let (notebook, results, outcome) = try results(file, figures: temporary)
    let kept = file.deletingLastPathComponent().appending(component: "figures")
    let differences =
      notebook.differences(results)
      + figureDifferences(notebook, results, kept: kept, found: temporary)
    guard differences.isEmpty else { throw NotebookError.differs(differences) }
    return outcome
  }

  private func results(
    _ file: URL, figures: URL
  ) throws -> (Notebook, NotebookResults, Outcome) {
    let start = Date()
    let notebook = try notebook(file)
    let path = notebook.path
    let isThere = { (need: String) in
      FileManager.default.fileExists(
        atPath: root.appending(path: need).path(percentEncoded: false))
    }
    let leftOut = notebook.cells.compactMap(\.need).filter { !isThere($0) }
      .reduce(into: [:]) { $0[$1, default: 0] += 1 }
    let name = try generate(notebook, named: file, isThere)
    try build(name)
    try FileManager.default.createDirectory(at: figures, withIntermediateDirectories: true)
    let program = root.appending(components: ".build", "release", name)
    let ended = try process(
      program, [], environment: ["NOTEBOOK_FIGURES": figures.path(percentEncoded: false)])
    let results = NotebookResults(ended.output)
    if !results.isComplete {
      let line = results.last.map { notebook.cells[$0].line } ?? 1
      let reason =
        results.error ?? ended.errors.split(separator: "\n").first.map(String.init)
        ?? "ended with status \(ended.status)"
      throw NotebookError.stopped(path: path, line: line, reason: reason)
    }
    guard results.failures.isEmpty else {
      throw NotebookError.differs(
        results.failures.map { "\(path): line \($0.line): does not hold: \($0.claim)" })
    }
    let outcome = Outcome(
      path: path, leftOut: leftOut, seconds: Date().timeIntervalSince(start))
    return (notebook, results, outcome)
  }

  /// Figures are compared by the numbers in their records.
  private func figureDifferences(
    _ notebook: Notebook, _ results: NotebookResults, kept: URL, found: URL
  ) -> [String] {
    notebook.cells.enumerated().flatMap { number, cell in
      (results.cells[number]?.figures ?? []).compactMap { figure in
        let records = [kept, found].map {
          (try? PNGRecord.read(from: $0.appending(component: figure.name))) ?? ""
        }
        return NumericText.difference(records[0], records[1], tolerance: cell.tolerance).map {
          "\(notebook.path): line \(cell.line): figure \(figure.name): \($0)"
        }
      }
    }
  }

  // MARK: Building

  /// Writes the program where it has changed; its name.
  ///
  /// It is a snippet of the package, which the package manager builds with what the package has built already.
  private func generate(
    _ notebook: Notebook, named file: URL, _ isThere: (String) -> Bool
  ) throws -> String {
    let name = "notebook-" + file.deletingPathExtension().lastPathComponent
    let text = notebook.program(isThere: isThere)
    let url = snippet(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    if (try? String(contentsOf: url, encoding: .utf8)) != text {
      try Data(text.utf8).write(to: url, options: .atomic)
    }
    return name
  }

  private func snippet(_ name: String) -> URL {
    root.appending(components: "Snippets", name + ".swift")
  }

  private func build(_ name: String) throws {
    let ended = try process(
      URL(filePath: "/usr/bin/env"), ["swift", "build", "-c", "release", "--product", name])
    guard ended.status != 0 else { return }
    // It would be in the way of every later build of the package.
    try FileManager.default.removeItem(at: snippet(name))
    let lines = (ended.output + ended.errors).split(separator: "\n").map(String.init)
    let messages = lines.filter { $0.contains("error: ") }.map {
      $0.replacing(root.path(percentEncoded: false) + "/", with: "")
    }
    throw NotebookError.notCompiled(
      (messages.isEmpty ? lines.suffix(3) : messages[...]).joined(separator: "\n"))
  }

  private func process(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String, errors: String) {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = root
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files, not pipes: nobody has to read them while the program runs.
    let folder = FileManager.default.temporaryDirectory.appending(
      component: "notebook-run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["output", "errors"].map { folder.appending(component: $0) }
    for file in files { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    return (process.terminationStatus, texts[0], texts[1])
  }

  private func notebook(_ file: URL) throws -> Notebook {
    let path = relative(file)
    guard let text = try? String(contentsOf: file, encoding: .utf8) else {
      throw NotebookError.invalid(path: path, line: 1, reason: "no such file of text")
    }
    return try Notebook(text, path: path)
  }

  private func relative(_ file: URL) -> String {
    let (base, path) = (root.standardizedFileURL.path, file.standardizedFileURL.path)
    return path.hasPrefix(base + "/") ? String(path.dropFirst(base.count + 1)) : path
  }
}
