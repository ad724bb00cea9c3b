import Foundation
import InterchangeBasics
import InterchangeFigures

/// Builds and runs notebooks as programs over this package.
///
/// A notebook's program is linked with the static library `NotebookSupport`, which must have been
/// built (`swift build -c release --product InterchangeNotebookSupport`).
public struct NotebookRunner {
  /// The folder of the package; cells run in it.
  public let root: URL

  /// - Parameter root: the folder that has the package's `Package.swift`
  public init(root: URL) {
    self.root = root
  }

  /// The end of a notebook's run.
  public struct Outcome: Sendable {
    /// The notebook's path.
    public let path: String
    /// Files that were not there, with the number of cells that were left out for each.
    public let leftOut: [String: Int]
    /// The time that the run took.
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
  /// - Throws: ``NotebookError`` naming the line that doesn't compile, stops, or makes a false
  ///   claim.
  public func run(_ file: URL) throws -> Outcome {
    let figures = file.deletingLastPathComponent().appending(component: "figures")
    let (notebook, results, outcome) = try results(file, figures: figures)
    let text = notebook.updated(results).markdown
    let old = try String(contentsOf: file, encoding: .utf8)
    if text != old { try writeAtomically(Data(text.utf8), to: file) }
    return outcome
  }

  /// Runs a notebook and compares its output and figures with those in the file; nothing is
  /// written.
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
    let program = try program(notebook, named: file, isThere)
    try FileManager.default.createDirectory(at: figures, withIntermediateDirectories: true)
    let ended = try process(
      program, [],
      environment: [
        "NOTEBOOK_FIGURES": figures.path(percentEncoded: false), "SWIFT_BACKTRACE": "enable=no",
      ])
    let results = NotebookResults(ended.output)
    if !results.isComplete {
      let line = results.last.map { notebook.cells[$0].line } ?? 1
      throw NotebookError.stopped(path: path, line: line, reason: reason(ended))
    }
    guard results.failures.isEmpty else {
      throw NotebookError.differs(
        results.failures.map { "\(path): line \($0.line): does not hold: \($0.claim)" })
    }
    let outcome = Outcome(
      path: path, leftOut: leftOut, seconds: Date().timeIntervalSince(start))
    return (notebook, results, outcome)
  }

  /// The reason for which a program ended early.
  private func reason(_ ended: (status: Int32, output: String, errors: String)) -> String {
    guard let line = ended.errors.split(separator: "\n").first else {
      return "ended with status \(ended.status)"
    }
    let raised = "Error raised at top level: "
    return line.range(of: raised).map { String(line[$0.upperBound...]) } ?? String(line)
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

  /// The program of a notebook, compiled anew only where its text or the library has changed.
  private func program(
    _ notebook: Notebook, named file: URL, _ isThere: (String) -> Bool
  ) throws -> URL {
    let name = file.deletingPathExtension().lastPathComponent
    let folder = root.appending(components: ".build", "notebooks", name)
    let (source, program) = (
      folder.appending(component: "main.swift"), folder.appending(component: name)
    )
    let library = root.appending(components: ".build", "release", "libInterchangeNotebookSupport.a")
    guard let built = modified(library) else {
      throw NotebookError.notCompiled(
        "\(notebook.path): build the library first: swift build -c release --product InterchangeNotebookSupport"
      )
    }
    let text = notebook.program(isThere: isThere)
    if (try? String(contentsOf: source, encoding: .utf8)) == text,
      let compiled = modified(program), compiled > built
    {
      return program
    }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try writeAtomically(Data(text.utf8), to: source)
    try? FileManager.default.removeItem(at: program)
    try compile(source, to: program)
    return program
  }

  private func modified(_ file: URL) -> Date? {
    try? file.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
  }

  private func compile(_ source: URL, to program: URL) throws {
    let flags = try process(
      root.appending(components: "Scripts", "module-flags.sh"), ["--link"])
    guard flags.status == 0 else { throw NotebookError.notCompiled(flags.errors) }
    // Names at the top level are for all cells, functions too: that is version 5 of the language.
    // All of the archive is linked: a conformance that only a cast asks for would be left out.
    let ended = try process(
      URL(filePath: "/usr/bin/env"),
      ["swiftc", "-O", "-swift-version", "5", source.path(percentEncoded: false)]
        + flags.output.split(separator: "\n").map(String.init)
        + [
          "-Xclang-linker", "-Wl,--whole-archive,-lInterchangeNotebookSupport,--no-whole-archive",
          "-o", program.path(percentEncoded: false),
        ])
    guard ended.status != 0 else { return }
    let lines = (ended.output + ended.errors).split(separator: "\n").map(String.init)
    let messages = lines.filter { $0.contains("error: ") && !$0.hasPrefix(" ") }
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
