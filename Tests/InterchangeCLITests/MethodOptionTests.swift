import Foundation
import Testing

/// The options that follow from the methods' choices.
@Suite struct MethodOptionTests {
  /// The first line of a usage error.
  private func usage(_ arguments: String...) throws -> String {
    let result = try Program.run(
      ["finetune", Program.tiny, "--data", "/nonexistent/data.jsonl"] + arguments)
    #expect(result.status == 64)
    // One line: the error, and then the usage.
    #expect(result.errors.count { $0 == "\n" } == 1)
    return result.errors.components(separatedBy: " Usage: ")[0]
  }

  @Test func whatCannotBeRead() throws {
    #expect(
      try usage("--rank", "two")
        == "Error: The value 'two' is invalid for '--rank <k>': expected a number.")
    #expect(
      try usage("--layers", "q")
        == "Error: The value 'q' is invalid for '--layers <list>': expected all or a list such as "
        + "0,4-7.")
    #expect(
      try usage("--activation", "round")
        == "Error: The value 'round' is invalid for '--activation <name>': expected relu, silu, "
        + "gelu_tanh, gelu, sigmoid, tanh, relu_square, gelu_quick.")
    #expect(try usage("--keep").hasPrefix("Error: Missing value for '--keep <share>'"))
    #expect(try usage("--use", "never").hasPrefix("Error: The value 'never' is invalid"))
    #expect(try usage("--separate", "--separate=3").hasPrefix("Error: "))
  }

  @Test func misspelledOptions() throws {
    #expect(try usage("--rnak", "3") == "Error: Unknown option '--rnak'. Did you mean '--rank'?")
  }

  /// Options may stand before the model, and values may begin with a minus sign.
  @Test func everyOptionIsTaken() throws {
    let result = try Program.run([
      "finetune", "--layers", "-1", "--site", "block_output", "--positions", "-1", "--separate",
      "--rank", "2", "--alpha", "-4", "--activation", "relu", "--dropout", "0.1", "--projections",
      "query", "--coefficient", "-1.5", "--tokens", "3", "--start", "random", "--encoder-width",
      "4", "--members", "2", "--keep", "0.1", "--penalty", "0", "--subspace", "none", "--use",
      "fixed", Program.tiny, "--data", "/nonexistent/data.jsonl",
    ])
    #expect(result.errors.hasPrefix("interchange: /nonexistent/data.jsonl"))
  }

  /// Help has each method with its choices, their defaults and ranges.
  @Test func help() throws {
    let help = try Program.run(["finetune", "--help"]).output
    for line in [
      "  --rank <k>: 4; 1 to the width", "  --rank <k>: 8; 1 to the width",
      "  --alpha <α>: twice the rank; a number", "  --keep <share>: 0.005; above 0, to 1",
      "  --positions <p>: f7+l7; ", "  --separate: false",
    ] {
      #expect(help.contains(line), "\(line)")
    }
    #expect(help.contains("red: Representation editing"))
  }
}
