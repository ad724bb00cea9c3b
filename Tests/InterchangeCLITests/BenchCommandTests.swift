import Foundation
import Interchange
import Testing

/// `interchange bench` and `growth`, on the tiny fixture of 3 layers, width 16.
@Suite struct BenchCommandTests {
  private static let sizes = [
    "--layer", "1", "--length", "12", "--batch", "4", "--rank", "4", "--steps", "3",
    "--pairs", "8", "--epochs", "2",
  ]

  private func number(_ json: [String: Any], _ key: String) throws -> Double {
    try #require(json[key] as? Double, "\(key)")
  }

  @Test(arguments: Benchmark.Work.allCases)
  func everyWorkloadPrintsOneDocument(work: Benchmark.Work) throws {
    let model = work == .gemm ? [] : [Program.tiny]
    let result = try Program.run(["bench", work.rawValue] + model + Self.sizes + ["--json"])
    #expect(result.status == 0 && result.errors.isEmpty)
    let json = try result.json()
    #expect(json["what"] as? String == work.rawValue)
    // A fit and a sweep are one step each; decoding is timed a tenth as often.
    let steps = [.fit, .sweep, .generate].contains(work) ? 1 : 3
    #expect(json["steps"] as? Int == steps)
    #expect((json["seconds"] as? [Double])?.count == steps)
    let (median, least) = (try number(json, "median_s"), try number(json, "min_s"))
    #expect(median >= least && least > 0 && median < 60)
    let memory = try number(json, "peak_rss_mib")
    #expect(memory > 5 && memory < 2000)
    #expect(try number(json, "minor_faults_per_step") >= 0)
    #expect(try number(json, "threads") >= 1)
    #expect(json["weights"] as? String == (work == .gemm ? nil : "stored"))
    // A figure without a meaning for a workload isn't there.
    var keys: Set = [
      "what", "steps", "seconds", "median_s", "min_s", "peak_rss_mib", "minor_faults_per_step",
      "threads",
    ]
    if work != .gemm { keys.insert("weights") }
    if [.forward, .gemm].contains(work) { keys.insert("gflops") }
    if [.forward, .generate, .loreft, .lora].contains(work) { keys.insert("tokens") }
    if [.das, .loreft, .lora].contains(work) { keys.insert("first_pass_s") }
    if [.das, .fit, .loreft, .lora].contains(work) { keys.insert("losses") }
    #expect(Set(json.keys) == keys)
    if keys.contains("gflops") { #expect(try number(json, "gflops") > 0) }
    if keys.contains("first_pass_s") { #expect(try number(json, "first_pass_s") >= 0) }
    if work == .generate { #expect(json["tokens"] as? Int == 64) }
    if work == .forward { #expect(json["tokens"] as? Int == 4 * 12) }
  }

  @Test func aLineForAReader() throws {
    let result = try Program.run(["bench", "das", Program.tiny] + Self.sizes)
    #expect(result.status == 0 && result.errors.isEmpty)
    #expect(result.output.hasPrefix("das: median 0.") && result.output.contains(" 3 steps, peak "))
    #expect(result.output.contains("first pass ") && result.output.count { $0 == "\n" } == 1)
  }

  /// Of texts an epoch is what is timed: here two steps, of four and of two of them.
  @Test(arguments: ["loreft", "lora"]) func epochsOverTexts(work: String) throws {
    let pairs = (1...6).map {
      #"{"prompt": "\#(String(repeating: "a", count: $0))", "completion": "bc"}"#
    }
    let folder = try TemporaryFile(folder: ())
    let file = folder.url.appending(component: "pairs.jsonl")
    try Data(pairs.joined(separator: "\n").utf8).write(to: file)
    let json = try Program.run(
      ["bench", work, Program.tiny, "--data", file.path] + Self.sizes + ["--json"]
    ).json()
    #expect((json["seconds"] as? [Double])?.count == 3)
    #expect((json["losses"] as? [Double])?.count == 2 * (3 + 1))
    let tokenizer = try LanguageModel(contentsOf: Program.tiny).tokenizer
    let tokens = (1...6).reduce(0) {
      $0 + tokenizer.encode(String(repeating: "a", count: $1)).count
        + tokenizer.encode("bc", addingSpecialTokens: false).count
    }
    #expect(json["tokens"] as? Int == tokens)
    let refused = try Program.run(["bench", "das", Program.tiny, "--data", file.path])
    #expect(refused.status == 64 && refused.errors.contains("--data is for loreft and lora."))
  }

  @Test func aPromptWithoutRoomForACompletion() throws {
    let result = try Program.run(["bench", "loreft", Program.tiny, "--length", "1"])
    #expect(result.status == 65)
    #expect(result.errors.contains("length: expected at least 2, found 1"))
  }

  @Test func formsOfWeightsAndOfTheStore() throws {
    for more in [
      ["--weights", "float32"], ["--activation-storage", "bfloat16"],
      ["--activation-memory", "1M"], ["--activation-memory", "0.5g"], ["--position", "-3"],
    ] {
      let json = try Program.run(
        ["bench", "das", Program.tiny] + Self.sizes + more + ["--json"]
      ).json()
      #expect(json["steps"] as? Int == 3, "\(more)")
      let form = more[0] == "--weights" ? "float32" : "stored"
      #expect(json["weights"] as? String == form, "\(more)")
    }
  }

  @Test(arguments: [
    (["das"], "bench das needs a MODEL."),
    (["nonsense", Program.tiny], "'nonsense'"),
    (
      ["das", Program.tiny, "--activation-memory", "12X"],
      "expected a size such as 256M or 2G, got 12X"
    ),
    (["das", Program.tiny, "--activation-memory", "-1"], "--activation-memory"),
    (["das", Program.tiny, "--activation-memory", "0"], "got 0"),
    (["das", Program.tiny, "--activation-memory", "nan"], "got nan"),
    (["das", Program.tiny, "--activation-memory", "99999999999999G"], "got 99999999999999G"),
    (["das", Program.tiny, "--weights", "f16"], "'f16'"),
    (["das", Program.tiny, "--activation-storage", "f16"], "'f16'"),
    (["das", Program.tiny, "--steps", "0"], "'--steps <n>': expected a whole number from 1 to"),
    (["gemm", "--steps", "0"], "'--steps <n>': expected a whole number from 1 to"),
    (["das", Program.tiny, "--batch", "0"], "'--batch <n>': expected a whole number from 1 to"),
    (
      ["fit", Program.tiny, "--epochs", "0"], "'--epochs <n>': expected a whole number from 1 to"
    ),
    (["fit", Program.tiny, "--pairs", "0"], "'--pairs <n>': expected a whole number from 1 to"),
  ])
  func badUsage(arguments: [String], message: String) throws {
    let result = try Program.run(["bench"] + arguments)
    #expect(result.status == 64)
    #expect(result.output.isEmpty)
    let first = result.errors.split(separator: "\n").first ?? ""
    #expect(first.hasPrefix("Error: ") && first.contains(message), "\(result.errors)")
    #expect(result.errors.contains("Usage: interchange"))
  }

  @Test(arguments: [
    (["das", Program.tiny], "layer 15 is out of range: the model has layers 0 to 2"),
    (
      ["das", Program.tiny, "--layer", "1"],
      "rank 17 is out of range: expected 1 to 16, the width of the site"
    ),
    (
      ["forward", Program.tiny, "--length", "513"],
      "the input has 513 tokens, the model reads at most 512"
    ),
    (["forward", "/nowhere"], "/nowhere: no such file or folder"),
  ])
  func badInput(arguments: [String], line: String) throws {
    let result = try Program.run(["bench"] + arguments + ["--rank", "17"])
    #expect(result.status == 65)
    #expect(result.output.isEmpty)
    #expect(result.errors == "interchange: \(line)\n")
  }

  /// A budget that doesn't hold one batch: the line says how much would.
  @Test func tooLittleActivationMemory() throws {
    let result = try Program.run(
      ["bench", "das", Program.tiny] + Self.sizes + ["--activation-memory", "1K"])
    #expect(result.status == 65 && result.output.isEmpty)
    let pattern =
      #/interchange: activation memory: the base runs of one batch need (\d+) KiB, the budget is 1 KiB/#
    let match = try #require(try pattern.prefixMatch(in: result.errors), "\(result.errors)")
    #expect(result.errors.count { $0 == "\n" } == 1)
    let needed = try #require(Int(match.1))
    #expect(needed > 1)
    let enough = try Program.run(
      ["bench", "das", Program.tiny] + Self.sizes + ["--activation-memory", "\(needed)K"])
    #expect(enough.status == 0)
  }

  @Test func growth() throws {
    let out = try TemporaryFile(folder: ())
    let sizes = ["--layer", "1", "--length", "8", "--batch", "2", "--rank", "4", "--steps", "1"]
    let result = try Program.run(
      ["growth", Program.tiny, "--json", "--out", out.url.path] + sizes)
    #expect(result.status == 0)
    let axes = try #require(try result.record().results.growth).axes
    let names = ["layer", "position", "batch", "rank", "width"]
    #expect(axes.map(\.name) == names)
    let files = try FileManager.default.contentsOfDirectory(atPath: out.url.path).sorted()
    #expect(files == (names.map { "cost-\($0).png" } + ["run.json"]).sorted())
    // A quantity that cannot be measured is named before any measurement.
    let wrong = try Program.run(["growth", Program.tiny])
    #expect(wrong.status == 65)
    #expect(
      wrong.errors == "interchange: layer 15 is out of range: the model has layers 0 to 2\n")
    let none = try Program.run(["growth", Program.tiny, "--layer", "1", "--steps", "0"])
    #expect(none.status == 64 && none.errors.contains("'--steps <n>': expected a whole number"))
  }
}
