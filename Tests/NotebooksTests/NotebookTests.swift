import Foundation
import InterchangeNotebooks
import Testing

/// Taking notebooks apart and putting them together again.
@Suite struct NotebookTests {
  private let text = """
    # A question

    Some prose.

    ```swift
    let x = 1
    print(x)
    ```

    ```output
    1
    ```

    More, and a block of another language:

    ```sh
    ls
    ```

    ```swift tolerance=0.01 needs=.models/a.gguf
    print(x + 1)
    ```

    ```output
    2
    ```

    ![a map](figures/map.png)

    The end.

    """

  @Test func isReadAndWrittenUnchanged() throws {
    let notebook = try Notebook(text, path: "a.md")
    #expect(notebook.markdown == text)
    #expect(notebook.cells.map(\.line) == [6, 21])
    #expect(notebook.cells.map(\.output) == ["1", "2"])
    #expect(notebook.cells[1].tolerance == 0.01 && notebook.cells[1].need == ".models/a.gguf")
    #expect(
      notebook.cells[1].figures == [.init(name: "map.png", alternative: "a map")])
  }

  @Test func programPointsIntoTheNotebook() throws {
    let notebook = try Notebook(text, path: "a.md")
    let program = notebook.program { _ in true }
    #expect(program.contains("#sourceLocation(file: \"a.md\", line: 6)\nlet x = 1\n"))
    #expect(program.contains("#sourceLocation(file: \"a.md\", line: 21)\nprint(x + 1)\n"))
    #expect(!notebook.program { _ in false }.contains("x + 1"))
  }

  @Test func resultsTakeTheirPlaces() throws {
    let notebook = try Notebook(text, path: "a.md")
    let results = NotebookResults(
      "\u{1}cell\t0\n3\n\u{1}cell\t1\n4\n\u{1}figure\tnew.png\tnew\n\u{1}end\n")
    #expect(results.isComplete && results.failures.isEmpty)
    let updated = notebook.updated(results)
    #expect(updated.cells.map(\.output) == ["3", "4"])
    #expect(updated.markdown.contains("![new](figures/new.png)"))
    #expect(!updated.markdown.contains("map.png"))
    // A cell that was left out keeps its results.
    let partly = notebook.updated(NotebookResults("\u{1}cell\t0\n\u{1}end\n"))
    #expect(partly.cells.map(\.output) == [nil, "2"])
  }

  @Test func differencesNameTheLine() throws {
    let notebook = try Notebook(text, path: "a.md")
    func differences(_ first: String, _ second: String) -> [String] {
      notebook.differences(
        NotebookResults(
          "\u{1}cell\t0\n\(first)\n\u{1}cell\t1\n\(second)\n\u{1}figure\tmap.png\ta map\n\u{1}end\n"
        ))
    }
    #expect(differences("1", "2").isEmpty)
    #expect(differences("1", "2.015").isEmpty)
    #expect(
      differences("1", "2.1")
        == ["a.md: line 21: the cell now prints 2.1 where it printed 2, tolerance 0.01"])
    #expect(
      differences("one", "2") == ["a.md: line 6: the cell now prints 'one' where it printed '1'"])
  }

  @Test(arguments: [
    ("```swift\nlet x = 1\n", "a.md: line 1: a block that is not closed"),
    (
      "```swift depth=2\n```\n",
      "a.md: line 1: expected tolerance=NUMBER or needs=NAME behind swift, found 'depth=2'"
    ),
  ])
  func whatIsNoNotebook(text: String, message: String) {
    #expect { _ = try Notebook(text, path: "a.md") } throws: { "\($0)" == message }
  }
}
