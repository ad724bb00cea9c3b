import Figures
import Foundation

/// Builds and runs notebooks as programs over this package.
public struct NotebookRunner {
  /// The folder of the package; cells run in it.
  public let root: URL
  /// Where the programs are generated and built; what hasn't changed is not built again.
  private let workshop: URL

  /// - Parameter root: the folder that has the package's `Package.swift`
  public init(root: URL) {
    self.root = root
    workshop = root.appending(components: ".build", "notebooks")
  }

  /// What happened to a notebook.
  public struct Outcome: Sendable {
    public let path: String
    /// Files that were not there, with how many cells were left out for them.
    public let leftOut: [String: Int]
    public let seconds: Double
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
    let path = relative(file)
    guard let text = try? String(contentsOf: file, encoding: .utf8) else {
      throw NotebookError.invalid(path: path, line: 1, reason: "no such file of text")
    }
    let notebook = try Notebook(text, path: path)
    let isThere = { (need: String) in
      FileManager.default.fileExists(
        atPath: root.appending(path: need).path(percentEncoded: false))
    }
    let leftOut = notebook.cells.compactMap(\.need).filter { !isThere($0) }
      .reduce(into: [:]) { $0[$1, default: 0] += 1 }
    let name = try generate(notebook, named: file, isThere)
    try build(name)
    try FileManager.default.createDirectory(at: figures, withIntermediateDirectories: true)
    let program = workshop.appending(components: ".build", "release", name)
    let ended = try process(
      program, [], environment: ["NOTEBOOK_FIGURES": figures.path(percentEncoded: false)])
    let results = NotebookResults(ended.output)
    if !results.isComplete {
      let line = results.last.map { notebook.cells[$0].line } ?? 1
      let reason = ended.errors.split(separator: "\n").first.map(String.init) ?? "no reason given"
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

  /// Writes the program where it has changed; the name of its target.
  private func generate(
    _ notebook: Notebook, named file: URL, _ isThere: (String) -> Bool
  ) throws -> String {
    let name = file.deletingPathExtension().lastPathComponent
    let sources = workshop.appending(components: "Sources", name)
    try FileManager.default.createDirectory(at: sources, withIntermediateDirectories: true)
    try write(notebook.program(isThere: isThere), to: sources.appending(component: "main.swift"))
    try write(Notebook.prelude, to: sources.appending(component: "Prelude.swift"))
    let names = try FileManager.default.contentsOfDirectory(
      atPath: workshop.appending(component: "Sources").path(percentEncoded: false)
    ).sorted()
    let targets = names.map {
      """
          .executableTarget(
            name: "\($0)", dependencies: [.product(name: "Interchange", package: "Interchange")]),
      """
    }
    let manifest = """
      // swift-tools-version: 6.1
      import PackageDescription

      let package = Package(
        name: "notebooks", dependencies: [.package(name: "Interchange", path: "../..")],
        targets: [
      \(targets.joined(separator: "\n"))
        ], swiftLanguageModes: [.v5])

      """
    try write(manifest, to: workshop.appending(component: "Package.swift"))
    return name
  }

  private func write(_ text: String, to url: URL) throws {
    guard (try? String(contentsOf: url, encoding: .utf8)) != text else { return }
    try Data(text.utf8).write(to: url, options: .atomic)
  }

  private func build(_ name: String) throws {
    let ended = try process(
      URL(filePath: "/usr/bin/env"),
      [
        "swift", "build", "-c", "release", "--package-path", workshop.path(percentEncoded: false),
        "--product", name,
      ])
    guard ended.status != 0 else { return }
    let messages = (ended.output + ended.errors).split(separator: "\n").filter {
      $0.contains("error: ")
    }
    throw NotebookError.notCompiled(messages.joined(separator: "\n"))
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

  private func relative(_ file: URL) -> String {
    let (base, path) = (root.standardizedFileURL.path, file.standardizedFileURL.path)
    return path.hasPrefix(base + "/") ? String(path.dropFirst(base.count + 1)) : path
  }
}
