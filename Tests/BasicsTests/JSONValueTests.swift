import InterchangeBasics
import InterchangeTokenizers
import Testing

@Suite struct JSONValueTests {
  private func parse(_ text: String) throws(JSONParser.Fault) -> JSONValue {
    try JSONParser.parse(Array(text.utf8))
  }

  @Test func documentsAreRead() throws {
    #expect(
      try parse(#" {"a" : [1, -2.5e3, true, null, "x"], "b":{} } "#)
        == .object([
          .init(
            key: "a",
            value: .array([.integer(1), .number(-2500), .bool(true), .null, .string("x")])),
          .init(key: "b", value: .object([])),
        ]))
    #expect(try parse("[]") == .array([]))
  }

  /// Integers beyond 2⁵³ stay what they are; beyond 64 bits they are numbers.
  @Test func integersAreWhole() throws {
    #expect(try parse("9007199254740993") == .integer(9_007_199_254_740_993))
    #expect(try parse("[-9223372036854775808]") == .array([.integer(.min)]))
    #expect(try parse("18446744073709551616") == .number(0x1p64))
    #expect(try parse("1.0").integer == 1)
    #expect(try parse("1.5").integer == nil)
  }

  @Test func escapesAreResolved() throws {
    #expect(
      try parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00\u0000""#)
        == .string("\"\\/\u{8}\u{C}\n\r\tA\u{E9}\u{1F600}\u{0}"))
  }

  @Test func canonicallyEquivalentKeysStayApart() throws {
    guard case .object(let members) = try parse("{\"\u{E9}\":1,\"e\u{301}\":2}") else {
      Issue.record("no object")
      return
    }
    #expect(members.map(\.value) == [.integer(1), .integer(2)])
  }

  @Test(arguments: [
    "", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "tru", "nul", "+1", "1.2.3", "-", "\"",
    "\"\\x\"",
    "\"\\u12\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\\ud800\\u0041\"", "\"\n\"", "[] []", "NaN",
    "Infinity", "0x10",
  ])
  func damagedDocumentsThrow(text: String) {
    #expect(throws: JSONParser.Fault.self) { try parse(text) }
  }

  @Test func invalidUTF8AndDeepNestingThrow() {
    #expect(throws: JSONParser.Fault.self) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
    #expect(throws: JSONParser.Fault.self) {
      try parse(String(repeating: "[", count: 100_000))
    }
  }
}
