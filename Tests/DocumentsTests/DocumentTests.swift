import Foundation
import InterchangeDocuments
import Testing

@Suite("Documents")
struct DocumentTests {
  private func node(_ yaml: String) throws -> DocumentNode {
    try DocumentNode(yaml: yaml, source: "d")
  }

  @Test("Scalars of YAML: words stay words, leading zeros are kept")
  func scalars() throws {
    let list = try node("[yes, no, on, 12, -3, 007, 0, 1.5, true, \"12\", ~, 1e3, 1732, '']").list()
    #expect(
      list.map(\.summary) == [
        "\"yes\"", "\"no\"", "\"on\"", "12", "-3", "\"007\"", "0", "1.5", "true", "\"12\"",
        "nothing", "1000.0", "1732", "\"\"",
      ])
  }

  @Test("YAML and JSON give the same values in the same order")
  func forms() throws {
    let yaml = try node("b: [1, x]\na: {c: true}\n")
    let json = try DocumentNode(json: #"{"b": [1, "x"], "a": {"c": true}}"#, source: "d")
    for document in [yaml, json] {
      #expect(try document.entries().map(\.key) == ["b", "a"])
      #expect(try document["b"]?.list().map(\.summary) == ["1", "\"x\""])
      #expect(try document["a"]?["c"]?.bool() == true)
      #expect(document["a"]?["c"]?.place == "a.c")
    }
    #expect(yaml["a"]?["c"]?.line == 2)
  }

  @Test(
    "What isn't understood is refused with its line",
    arguments: [
      (
        "a: &x [1]\nb: *x",
        "d: line 1: anchors and aliases (& and *) aren't read; write the value out"
      ),
      ("a: 1\na: 2", "d: line 1: the name 'a' occurs twice"),
      (
        "a: !!python/object 1",
        "d: line 1: a: tags such as tag:yaml.org,2002:python/object aren't read"
      ),
      ("", "d: the document is empty"), ("? [1]\n: 2", "d: line 1: a name has to be a text"),
    ])
  func refused(text: String, expected: String) {
    #expect {
      try node(text)
    } throws: { error in
      if "\(error)" != expected { Issue.record("found: \(error)") }
      return "\(error)" == expected
    }
  }

  @Test("A product isn't an alias")
  func product() throws {
    #expect(try node("a: b *c\nd: e & f")["a"]?.text() == "b *c")
  }

  @Test("Faults of form", arguments: ["a: [1", "a: b: c", "\t- x", "--- 1\n--- 2", "{a: 1, a: 2}"])
  func malformed(text: String) {
    #expect(throws: DocumentError.self) { try node(text) }
  }

  @Test("Depth is bounded", arguments: [70, 900, 5000])
  func depth(count: Int) {
    let text = String(repeating: "[", count: count) + String(repeating: "]", count: count)
    #expect(throws: DocumentError.self) { try node(text) }
  }
}
