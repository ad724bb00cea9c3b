import Foundation
import InterchangeNotebooks
import Testing

/// This package's folder, and what was built there.
private enum Package {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let hasLibrary = FileManager.default.fileExists(
    atPath: root.appending(components: ".build", "release", "libInterchangeNotebookSupport.a").path)
}

/// Notebooks compiled and run for real, one at a time.
@Suite(
  .serialized,
  .enabled(
    if: Package.hasLibrary,
    "needs the static library of `swift build -c release --product InterchangeNotebookSupport`"))
struct NotebookRunnerTests {
  /// A notebook in a folder of its own; what is compiled for it goes with it.
  private final class Sample {
    let folder = FileManager.default.temporaryDirectory.appending(
      component: "notebook-test-\(UUID().uuidString)")
    let file: URL
    let runner = NotebookRunner(root: Package.root)

    init(_ text: String) throws {
      file = folder.appending(component: folder.lastPathComponent + ".md")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try write(text)
    }

    deinit {
      let compiled = Package.root.appending(
        components: ".build", "notebooks", folder.lastPathComponent)
      for url in [folder, compiled] { try? FileManager.default.removeItem(at: url) }
    }

    func write(_ text: String) throws { try Data(text.utf8).write(to: file) }

    var text: String { get throws { try String(contentsOf: file, encoding: .utf8) } }

    /// The message when the work fails, without the folder.
    func message(_ work: (NotebookRunner, URL) throws -> NotebookRunner.Outcome) -> String? {
      do {
        _ = try work(runner, file)
        return nil
      } catch {
        return "\(error)".replacing(file.path, with: "a.md")
      }
    }
  }

  private static let text = """
    # Two cells

    ```swift
    let values = [1.0, 0.5]
    print("first \\(values[0])")
    ```

    A figure, and a number that may move:

    ```swift tolerance=0.1
    func half(_ x: Double) -> Double { x * values[1] }
    print("half \\(half(1))")
    let chart = LineChart(series: [.init("a", points: [.init(x: 0, y: half(2)), .init(x: 1, y: 0)])])
    try show(chart, "line", alt: "a line")
    try show(LineChart(series: [.init("a", points: [.init(x: 0, y: 3)])]), "other", alt: "another")
    expect(half(4) == 2, "half of four is two")
    ```

    ```swift needs=.models/there-is-no-such-file
    print(try LanguageModel(contentsOf: "nothing").name)
    ```

    ```output
    kept
    ```

    """

  /// Outputs and figures come under their cells, a cell whose file isn't there keeps its own; then
  /// `check` passes until something differs.
  @Test func runsAndChecks() throws {
    let sample = try Sample(Self.text)
    let outcome = try sample.runner.run(sample.file)
    #expect(outcome.leftOut == [".models/there-is-no-such-file": 1])
    let written = try sample.text
    let expected = Self.text.replacing(
      "(values[0])\")\n```\n", with: "(values[0])\")\n```\n\n```output\nfirst 1.0\n```\n"
    ).replacing(
      "is two\")\n```\n",
      with:
        "is two\")\n```\n\n```output\nhalf 0.5\n```\n\n![a line](figures/line.png)\n\n![another](figures/other.png)\n"
    )
    #expect(written == expected)
    _ = try sample.runner.check(sample.file)

    // Within the cell's tolerance, and beyond it.
    try sample.write(written.replacing("half 0.5\n", with: "half 0.55\n"))
    #expect(sample.message { try $0.check($1) } == nil)
    try sample.write(written.replacing("half 0.5\n", with: "half 0.75\n"))
    #expect(
      sample.message { try $0.check($1) }
        == "a.md: line 15: the cell now prints 0.5 where it printed 0.75, tolerance 0.1")
    try sample.write(written.replacing("first 1.0\n", with: "first 1.1\n"))
    #expect(
      sample.message { try $0.check($1) }
        == "a.md: line 4: the cell now prints 1.0 where it printed 1.1, tolerance 0.0")
    #expect(try sample.text.contains("first 1.1"), "a check writes nothing")

    // Another figure than the one kept, by its data.
    try sample.write(written)
    let figures = sample.folder.appending(component: "figures")
    let line = figures.appending(component: "line.png")
    try FileManager.default.removeItem(at: line)
    try FileManager.default.copyItem(at: figures.appending(component: "other.png"), to: line)
    #expect(
      sample.message { try $0.check($1) }
        == "a.md: line 15: figure line.png: 1 where it printed 3, tolerance 0.1")
  }

  /// A failure names the notebook's line.
  @Test(arguments: [
    ("```swift\nlet x: Int = \"a\"\n```\n", "a.md:2:14: error: cannot convert value"),
    (
      "Text.\n\n```swift\nexpect(1 > 2, \"one is more than two\")\n```\n",
      "a.md: line 4: does not hold: one is more than two"
    ),
    (
      "```swift\nprint(1)\n```\n\n```swift\nstruct Odd: Error {}\nthrow Odd()\n```\n",
      "a.md: line 6: "
    ),
    ("```swift\nexit(3)\n```\n", "a.md: line 2: ended with status 3"),
    ("```swift\n", "a.md: line 1: a block that is not closed"),
  ])
  func namesTheLine(text: String, message: String) throws {
    let sample = try Sample(text)
    let found = sample.message { try $0.run($1) }
    #expect(found?.hasPrefix(message) == true, "\(found ?? "nothing")")
    #expect(try sample.text == text)
  }
}
