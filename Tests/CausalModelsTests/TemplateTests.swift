import InterchangeCausalModels
import Testing

@Suite("Templates and prompts")
struct TemplateTests {
  @Test("A filled template knows where its parts are, in UTF-8")
  func spans() throws {
    let template = try Template("Señor {name A} sees {name B}")
    let (text, spans) = try template.fill(["name A": "Zoë", "name B": "日本"])
    #expect(text == "Señor Zoë sees 日本")
    // "Señor " takes 7 bytes, "Zoë" 4, " sees " 6, "日本" 6.
    #expect(spans == ["name A": 7..<11, "name B": 17..<23])
    let prompt = try Prompt(
      text: text, spans: spans, template: template.pattern, setting: [:], answer: " x")
    #expect(prompt.words(in: "name B") == "日本")
    #expect(prompt.words(in: "name C") == nil)
  }

  @Test(
    "A malformed pattern is refused",
    arguments: ["a {b", "a b}", "a {}", "{a {b}}", "a {b} c}"])
  func malformed(pattern: String) {
    #expect(throws: CausalModelError.self) { try Template(pattern) }
  }

  @Test("A repeated gap has a span for each place, and doubled braces are braces")
  func repeated() throws {
    let template = try Template("{{\"{a}\"}} {b} {a}")
    #expect(template.gaps == ["a", "b"])
    let (text, spans) = try template.fill(["a": "x", "b": "yy"])
    #expect(text == "{\"x\"} yy x")
    #expect(spans == ["a": 2..<3, "b": 6..<8, "a 2": 9..<10])
  }

  @Test("Gaps and words must match")
  func words() throws {
    let template = try Template("{a} and {b}")
    #expect(throws: CausalModelError.template("{a} and {b}", problem: "no words for the gap 'b'")) {
      try template.fill(["a": "x"])
    }
    #expect(
      throws: CausalModelError.template("{a} and {b}", problem: "no gap takes the words of 'c'")
    ) {
      try template.fill(["a": "x", "b": "y", "c": "z"])
    }
  }

  @Test("A span outside the text, or through a character, is refused", arguments: [-1..<2, 3..<9])
  func badSpan(span: Range<Int>) {
    #expect(throws: CausalModelError.self) {
      try Prompt(text: "word", spans: ["s": span], template: "", setting: [:], answer: "")
    }
  }

  @Test("A span that begins inside a character is refused")
  func cutCharacter() {
    #expect(throws: CausalModelError.self) {
      try Prompt(text: "é", spans: ["s": 1..<2], template: "", setting: [:], answer: "")
    }
  }
}
