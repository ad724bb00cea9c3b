import FineTuning
import Foundation
import Testing

/// Prompt → completion pairs from files.
@Suite struct JSONLinesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ text: String) throws -> [PromptCompletion] {
    try PromptCompletion.read(jsonLines: folder.file(Data(text.utf8)))
  }

  private func message(_ contents: Data) throws -> (String?, path: String) {
    let path = try folder.file(contents)
    return (line { _ = try PromptCompletion.read(jsonLines: path) }, path)
  }

  @Test func pairsInTheirOrder() throws {
    let text = """
      {"prompt": "a", "completion": " b"}

         \t
      {"completion": "ü\\n\\u2028\u{2028}", "prompt": "x", "more": [1]}
      """
    let expected = [
      PromptCompletion(prompt: "a", completion: " b"),
      PromptCompletion(prompt: "x", completion: "ü\n\u{2028}\u{2028}"),
    ]
    #expect(try read(text) == expected)
    #expect(try read(text + "\n") == expected)
  }

  /// Windows' line ends are one character to Swift.
  @Test func linesThatEndInCarriageReturnAndLineFeed() throws {
    let line = #"{"prompt": "a", "completion": "b"}"#
    #expect(try read(line + "\r\n" + line + "\r\n").count == 2)
    let (message, path) = try message(Data((line + "\r\n\r\nx\r\n").utf8))
    #expect(message?.hasPrefix("\(path): line 3: ") == true)
  }

  @Test(arguments: [
    ("{}", 1, "no field 'prompt'"),
    (
      #"{"prompt": "a", "completion": "b"}"# + "\n\n" + #"{"prompt": "a"}"#, 3,
      "no field 'completion'"
    ),
    ("\n[]", 2, "expected a JSON object with the strings 'prompt' and 'completion'"),
    (
      #"{"prompt": 1, "completion": "b"}"#, 1,
      "expected a JSON object with the strings 'prompt' and 'completion'"
    ),
    (
      #"{"prompt": "a", "completion": null}"#, 1,
      "expected a JSON object with the strings 'prompt' and 'completion'"
    ),
    (
      #"{"prompt": "a", "comp"#, 1,
      "expected a JSON object with the strings 'prompt' and 'completion'"
    ),
  ])
  func errorsNameTheLine(text: String, number: Int, reason: String) throws {
    let (message, path) = try message(Data(text.utf8))
    #expect(message == "\(path): line \(number): \(reason)")
  }

  @Test func errorsOfTheWholeFile() throws {
    for empty in ["", "\n \n\t\n"] {
      let (message, path) = try message(Data(empty.utf8))
      #expect(message == "\(path): no pairs in the file")
    }
    let (invalid, path) = try message(Data([0x7B, 0xFF, 0xFE]))
    #expect(invalid == "\(path): no readable UTF-8 file")
    for missing in [folder.url.path, folder.url.path + "/missing"] {
      #expect(
        line { _ = try PromptCompletion.read(jsonLines: missing) }
          == "\(missing): no readable UTF-8 file")
    }
  }
}
