import Foundation
import Testing

/// Standard streams that can't be written or are closed, and text that would steer a terminal.
@Suite struct StreamTests {
  private let tokens = ["tokens", Program.tiny, "--text", "abc"]

  @Test(arguments: [">/dev/full", ">&-", "| (exec <&-; sleep 0.2)"])
  func outputThatCannotBeWritten(_ redirection: String) throws {
    for arguments in [tokens, tokens + ["--json"], ["--help"], ["help", "das"]] {
      // A status of the program itself, whatever it is piped into.
      let result = try Program.shell(
        "{ \"$0\" \"$@\"; echo \"status $?\" >&2; } \(redirection)", arguments)
      #expect(result.errors.contains("status 1\n"), "\(arguments): \(result.errors)")
      let lines = result.errors.split(separator: "\n").filter { $0.hasPrefix("interchange: ") }
      #expect(lines.count == 1, "\(result.errors)")
      #expect(lines[0].hasPrefix("interchange: standard output can't be written: "))
    }
  }

  /// No file gets the number of a closed descriptor, and then the progress.
  @Test(arguments: ["2>&-", "2>&- 0<&-", "0<&-"])
  func closedDescriptors(_ redirection: String) throws {
    let data = try TemporaryFile(Data(#"{"prompt":"abc","completion":"cc"}"#.utf8))
    let out = try TemporaryFile(folder: ()).url
    let arguments = [
      "finetune", Program.tiny, "--data", data.url.path, "--epochs", "2", "--answers", "loss",
      "--out", out.path,
    ]
    let result = try Program.shell("\"$0\" \"$@\" \(redirection)", arguments)
    #expect(result.status == 0)
    let log = try String(contentsOf: out.appending(component: "log.jsonl"), encoding: .utf8)
    #expect(log.split(separator: "\n").allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    #expect(try Program.run(["report", out.path]).status == 0)
  }

  /// Controls in texts and names are shown, in tables, errors and JSON.
  @Test func controlsAreShown() throws {
    let escape = "\u{1B}]0;title\u{07}\u{9B}31m"
    let text = try Program.run(["tokens", Program.tiny, "--text", "ab\(escape)c"])
    let json = try Program.run(["tokens", Program.tiny, "--text", "ab\(escape)c", "--json"])
    let name = "no\(escape).gguf"
    let error = try Program.run(["tokens", name, "--text", "a"])
    for output in [text.output, json.output, error.errors] {
      #expect(!output.isEmpty)
      #expect(
        output.unicodeScalars.allSatisfy {
          $0 == "\n" || $0 == "\t" || $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value)
        }, "\(output.debugDescription)")
    }
    #expect(error.status == 65 && error.errors.contains("no\\u{1B}]0;title\\u{7}\\u{9B}31m.gguf"))
  }

  @Test func usageErrorsAreALine() throws {
    let result = try Program.run(["das", Program.tiny, "--layer", "1", "--batch", "-1"])
    #expect(result.status == 64)
    #expect(
      result.errors.hasPrefix(
        "Error: The value '-1' is invalid for '--batch <n>': expected a whole number from 1 to "
          + "1000000000. "))
    #expect(result.errors.contains("Usage: interchange das ") && result.errors.hasSuffix(".\n"))
    #expect(result.errors.count { $0 == "\n" } == 1, "\(result.errors)")
  }
}
