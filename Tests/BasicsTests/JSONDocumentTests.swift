import Foundation
import InterchangeBasics
import Testing

/// Documents that are made to be costly, and the differences of two.
@Suite struct JSONDocumentTests {
  /// Time grows with the length, whatever the document is made of.
  @Test(arguments: [
    "[", "{\"a\":", "[[],", "{\"a\":1,", "\"\\u0041", "1", "1e1,", " ", "[1,", "{\"a\":{},\"b\":",
  ])
  func hostileDocumentsAreReadInLinearTime(_ piece: String) {
    let bytes = [UInt8](String(repeating: piece, count: 2_000_000 / piece.utf8.count).utf8)
    let start = Date()
    _ = try? JSONParser.parse(bytes)
    _ = try? JSONParser.parseElements([UInt8(ascii: "[")] + bytes)
    // Debug builds take some hundred nanoseconds a byte; a square of the length takes hours.
    #expect(Date().timeIntervalSince(start) < 20)
  }

  @Test func depthIsBounded() throws {
    let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    do {
      _ = try JSONParser.parse(Array(deep.utf8))
      Issue.record("read")
    } catch {
      #expect(error.expected == "values at most 128 deep in one another" && error.position == 128)
    }
  }

  @Test func differencesAreNamed() {
    let old: JSONValue = ["rank": .integer(2), "rate": .number(1), "a": ["b": .string("x")]]
    let new: JSONValue = [
      "rank": .integer(4), "rate": .integer(1), "a": ["b": .string("y")], "keep": .number(0.5),
    ]
    let found = new.differences(from: old).map { "\($0.name): \($0.old) → \($0.new)" }
    #expect(found == ["rank: 2 → 4", "a.b: x → y", "keep: none → 0.5"])
    #expect(old.differences(from: old).isEmpty)
  }

  @Test func controlsAreShown() {
    #expect(
      "a\u{1B}[31mb\r\u{7F}\u{9B}\n\tü🙂".withVisibleControls
        == "a\\u{1B}[31mb\\r\\u{7F}\\u{9B}\n\tü🙂")
  }
}
