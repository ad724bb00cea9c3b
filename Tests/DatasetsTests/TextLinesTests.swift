import Foundation
import Interchange
import Testing

@Suite struct TextLinesTests {
  private func file(_ contents: Data, _ ending: String = "txt") throws -> URL {
    let url = FileManager.default.temporaryDirectory.appending(
      component: "\(UUID().uuidString).\(ending)")
    try contents.write(to: url)
    return url
  }

  @Test func linesAreTexts() throws {
    let url = try file(Data("one two\r\n\n  \nthree\n".utf8))
    defer { try? FileManager.default.removeItem(at: url) }
    #expect(try TextLines.read(url) == ["one two", "three"])
  }

  @Test func otherFormsAreRefused() throws {
    let cases: [(Data, String)] = [
      (Data("{}".utf8), "jsonl"), (Data("\n \n".utf8), "txt"), (Data([0xFF, 0xFE]), "txt"),
    ]
    for (contents, ending) in cases {
      let url = try file(contents, ending)
      defer { try? FileManager.default.removeItem(at: url) }
      #expect(throws: DatasetError.self) { try TextLines.read(url) }
    }
  }
}
