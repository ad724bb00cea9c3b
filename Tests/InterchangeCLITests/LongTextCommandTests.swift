import Foundation
import Interchange
import InterchangeBasics
import Testing

/// Texts longer than the model reads, which are cut or left out: the record says how many.
@Suite struct LongTextCommandTests {
  /// Prompts of a token for each letter: 12 short ones, 3 that fit without soft tokens alone, and 2
  /// that don't.
  private func data() throws -> TemporaryFile {
    let maximum = try LanguageModel(contentsOf: Program.tiny).architecture.maximumLength
    // The completion and the end take two tokens, the beginning may take one.
    let lengths =
      Array(repeating: 3, count: 12) + Array(repeating: maximum - 4, count: 3)
      + [maximum + 1, maximum + 9]
    let lines = lengths.enumerated().map { index, length in
      let prompt = String(repeating: "x", count: length - 1) + "\(index % 10)"
      return #"{"prompt":"\#(prompt)","completion":"y"}"#
    }
    return try TemporaryFile(Data(lines.joined(separator: "\n").utf8))
  }

  /// The counts in a record, an object for each data set.
  private func counts(_ result: Program.Result) throws -> [[String: Int]] {
    try #require(result.status == 0, "\(result.errors)")
    guard case .array(let sets)? = try result.record().settings?["long-texts"] else { return [] }
    return sets.map { set in
      (set.members ?? []).reduce(into: [:]) { counts, member in
        if case .integer(let count) = member.value { counts[member.key] = count }
      }
    }
  }

  private func arguments(_ command: String, _ data: TemporaryFile, _ more: [String]) -> [String] {
    [command, Program.tiny, "--data", data.url.path, "--answers", "loss", "--json"] + more
  }

  @Test func evaluate() throws {
    let data = try data()
    for (flag, expected) in [
      ("--truncate", ["cut": 2, "examples": 17, "leftOut": 0]),
      ("--skip-long", ["cut": 0, "examples": 17, "leftOut": 2]),
    ] {
      #expect(try counts(Program.run(arguments("evaluate", data, [flag]))) == [expected])
    }
    let fits = try TemporaryFile(Data(#"{"prompt":"ab","completion":"c"}"#.utf8))
    #expect(try counts(Program.run(arguments("evaluate", fits, []))).isEmpty)
  }

  /// What soft tokens leave no room for counts too, once.
  @Test(arguments: [("--truncate", "cut"), ("--skip-long", "leftOut")])
  func training(flag: String, fate: String) throws {
    let data = try data()
    let options = ["--steps", "1", "--batch", "4", "--development-share", "0.1", flag]
    let soft = try counts(
      Program.run(
        arguments("finetune", data, options + ["--method", "prompt-tuning", "--tokens", "6"])))
    #expect(soft.count == 1 && soft[0]["examples"] == 17 && soft[0][fate] == 5)
    let compared = try counts(
      Program.run(
        arguments(
          "compare", data,
          options + ["--methods", "red", "--seeds", "1", "--also-data", data.url.path])))
    #expect(compared.map { $0[fate] } == [2, 2])
    #expect(compared.map { $0["examples"] } == [17, 17])
  }

  /// Trials of a search see the texts that the one with the most soft tokens reads.
  @Test func search() throws {
    let data = try data()
    let options = ["--methods", "prompt-tuning:tokens=1/6,red", "--budget-steps", "12"]
    let result = try Program.run(
      arguments("tune", data, options + ["--development-share", "0.3", "--truncate"]))
    let counts = try counts(result)
    #expect(counts.count == 1 && counts[0]["cut"] == 5 && counts[0]["examples"] == 17)
  }
}
