import Foundation
import Testing

/// finetune, compare, evaluate, examine and chat as a user runs them, on a tiny random LLaMA.
@Suite struct FineTuningCommandTests {
  private static let colours = ["a", "b", "c"]

  /// Labeled texts in a folder with a training and a test part.
  private func folder() throws -> URL {
    let folder = try TemporaryFile(folder: ()).url
    for (name, count) in [("train", 24), ("test", 12)] {
      let rows = (0..<count).map { index in
        "\(String(repeating: "x", count: 1 + index % 5)),\(Self.colours[index % 3])"
      }
      try Data((["text,label"] + rows).joined(separator: "\n").utf8)
        .write(to: folder.appending(component: "\(name).csv"))
    }
    return folder
  }

  /// A comparison that continues reads the results of finished runs, as long as they answer the
  /// same question.
  @Test func aResumedComparisonReadsFinishedRuns() throws {
    let (data, out) = (try folder(), try TemporaryFile(folder: ()).url)
    let arguments = [
      "compare", Program.tiny, "--data", data.path, "--seeds", "2", "--epochs", "1", "--answers",
      "choose", "--layers", "1", "--positions", "-1", "--resume", "--out", out.path, "--json",
    ]
    func runs(_ more: String...) throws -> [String: [(seconds: Double?, n: Int?, loss: Double?)]] {
      let result = try Program.run(arguments + more)
      try #require(result.status == 0, "\(result.errors)")
      let comparisons = try result.results()["comparisons"] as? [[String: Any]]
      let methods = comparisons?.first?["methods"] as? [[String: Any]]
      return (methods ?? []).reduce(into: [:]) { found, method in
        let seeds = method["seeds"] as? [[String: Any]] ?? []
        found[method["name"] as? String ?? ""] = seeds.map { seed in
          let test = seed["test"] as? [String: Any]
          let score = test?["score"] as? [String: Any]
          return (
            seed["trainingSeconds"] as? Double,
            (score?["accuracy"] as? [String: Any])?["n"] as? Int,
            test?["loss"] as? Double
          )
        }
      }
    }
    let first = try runs("--methods", "red")
    #expect(first["red"]?.compactMap(\.seconds).count == 2)
    let second = try runs("--methods", "red,loreft:rank=2")
    #expect(second["red"]?.map(\.seconds) == first["red"]?.map(\.seconds))
    #expect(second["red"]?.map(\.loss) == first["red"]?.map(\.loss))
    #expect(second["loreft:rank=2"]?.compactMap(\.seconds).count == 2)
    // Other test examples are measured, with the parameters that were trained.
    let fewer = try runs("--methods", "red", "--test-limit", "5")
    #expect(first["red"]?.map(\.n) == [12, 12] && fewer["red"]?.map(\.n) == [5, 5])
    // A file that can't be read is measured again.
    let outcome = try #require(
      FileManager.default.subpathsOfDirectory(atPath: out.path).first {
        $0.hasSuffix("red/seed-1/outcome.json")
      })
    try Data("{".utf8).write(to: out.appending(path: outcome))
    let again = try runs("--methods", "red")
    #expect(again["red"]?.map(\.loss) == first["red"]?.map(\.loss))
    #expect(again["red"]?.map { $0.seconds == nil } == [true, true])
  }

  @Test func compareTrainsEveryMethodWithEverySeed() throws {
    let (data, out) = (try folder(), try TemporaryFile(folder: ()).url)
    let arguments = [
      "compare", Program.tiny, "--methods", "loreft:rank=2:rate=0.02,red,steering,nodireft",
      "--data", data.path, "--seeds", "2", "--epochs", "2", "--batch", "8", "--answers", "choose",
      "--layers", "1", "--positions", "-1", "--out", out.path,
    ]
    let table = try Program.run(arguments)
    try #require(table.status == 0, "\(table.errors)")
    let names = ["most", "untuned", "loreft:rank=2:rate=0.02", "red", "steering", "nodireft"]
    let lines = table.output.split(separator: "\n")
    #expect(lines.dropFirst().map { String($0.prefix { $0 != " " }) } == names)
    let markdown = try String(
      contentsOf: out.appending(component: "comparison.md"), encoding: .utf8)
    #expect(markdown.contains("6 steps of 8, mean ± deviation of 2 seeds."))
    // A scale and a shift of width 16; one coefficient; two matrices of rank 4 and a shift.
    for (name, count) in [("red", 32), ("steering", 1), ("nodireft", 2 * 4 * 16 + 4)] {
      #expect(markdown.contains("\n| \(name) | \(count) |"), "\(markdown)")
    }
    let part = try FileManager.default.contentsOfDirectory(atPath: out.path).sorted()
    #expect(part.contains("comparison.png") && part.contains("fine-tuning-loss.png"))
    let task = try #require(part.first { !$0.contains(".") })
    let adapter = out.appending(components: task, "red", "seed-1", "adapter.safetensors")
    #expect(FileManager.default.fileExists(atPath: adapter.path))

    // An adapter of the comparison measures what the comparison says.
    let evaluated = try Program.run([
      "evaluate", Program.tiny, "--data", data.path, "--answers", "choose", "--adapter",
      adapter.deletingLastPathComponent().path, "--out", out.appending(component: "e").path,
      "--json",
    ])
    let evaluation = try #require(try evaluated.record().results.evaluation)
    let perplexity = try #require(evaluation.perplexity)
    let run = try JSONSerialization.jsonObject(
      with: Data(contentsOf: out.appending(component: "run.json")))
    let results = (run as? [String: Any])?["results"] as? [String: Any]
    let comparison = (results?["comparisons"] as? [[String: Any]])?.first
    let red = (comparison?["methods"] as? [[String: Any]])?[1]
    let seed = (red?["seeds"] as? [[String: Any]])?[1]
    let test = try #require(seed?["test"] as? [String: Any])
    #expect(abs(try #require(test["perplexity"] as? Double) / perplexity - 1) < 1e-4)
    let predictions = try String(
      contentsOf: out.appending(components: "e", "predictions.jsonl"), encoding: .utf8)
    #expect(predictions.split(separator: "\n").count == 12)
  }

  /// The trained share and its memory are told before the first step.
  @Test func finetuneTellsSharesAndMemory() throws {
    let result = try Program.run([
      "finetune", Program.tiny, "--data", try folder().path, "--method", "direft", "--rank", "2",
      "--epochs", "1", "--answers", "choose", "--seeds", "2",
    ])
    try #require(result.status == 0, "\(result.errors)")
    // Three layers, each with R and W [2, 16] and b [2].
    #expect(result.errors.contains("198 trainable parameters, "))
    #expect(result.errors.contains("19 examples to train on, 5 to choose by, 12 to measure"))
    #expect(result.errors.contains("estimated memory: weights "))
    #expect(result.output.contains("seed 0: loss ") && result.output.contains("seed 1: loss "))
    #expect(result.output.contains("peak memory "))
  }

  @Test func choicesThatDoNotFit() throws {
    let data = try folder().path
    func line(_ arguments: String...) throws -> String {
      let result = try Program.run(["finetune", Program.tiny, "--data", data] + arguments)
      #expect(result.status == 65 || result.status == 64)
      return result.errors.split(separator: "\n").last.map(String.init) ?? ""
    }
    #expect(
      try line("--method", "red", "--rank", "4")
        == "interchange: rank: expected nothing, as red has no such choice, found a choice")
    #expect(
      try line("--method", "magic").hasPrefix(
        "interchange: method: expected loreft, noreft, consreft"))
    #expect(
      try line("--method", "lobireft", "--activation", "relu")
        == "interchange: activation: expected nothing, as lobireft's source has no W h, found a choice"
    )
    #expect(
      try line("--rank", "17")
        == "interchange: rank 17 is out of range: expected 1 to 16, the width of the site")
    #expect(
      try line("--layers", "7")
        == "interchange: layer 7 is out of range: the model has layers 0 to 2")
    #expect(
      try line("--dropout", "1") == "interchange: dropout: expected 0 to below 1, found 1.0")
  }

  @Test func chatNeedsATemplate() throws {
    let result = try Program.run(["chat", Program.tiny])
    #expect(result.status == 65)
    #expect(result.errors.contains("chat_template"))
  }

  @Test(.enabled(if: Program.hasSmolLM2, "needs the 98 MB model that `make model` fetches"))
  func examinesWhatAnAdapterWritesTo() throws {
    let (out, data) = (
      try TemporaryFile(folder: ()).url,
      try TemporaryFile(
        Data(#"{"prompt":"We know that the key near the cabinet","completion":" are"}"#.utf8))
    )
    let tuned = try Program.run([
      "finetune", Program.smollm2, "--data", data.url.path, "--layers", "28", "--positions", "-1",
      "--rank", "1", "--epochs", "3", "--out", out.path,
    ])
    try #require(tuned.status == 0, "\(tuned.errors)")
    let found = try Program.run([
      "examine", Program.smollm2, "--adapter", out.path, "--task", "agreement", "--pairs", "64",
      "--no-controls",
    ])
    try #require(found.status == 0, "\(found.errors)")
    #expect(
      found.output.hasPrefix("agreement: subjectNumber at block_output 28 @ -1, rank 1\n"),
      "\(found.output)")
    #expect(found.output.contains("its subspace "))
  }

  /// A search writes its winner, a fine-tuning takes it, and peft's folder of it gives the same
  /// text.
  @Test func searchesTrainsAndExports() throws {
    let (data, out) = (try folder().path, try TemporaryFile(folder: ()).url)
    func place(_ name: String) -> String { out.appending(component: name).path }
    let search = try Program.run([
      "tune", Program.tiny, "--methods", "lora:rank=1/2:rate=1e-3/1e-2", "--data", data,
      "--budget-steps", "48", "--batch", "4", "--answers", "choose", "--out", place("tune"),
    ])
    try #require(search.status == 0, "\(search.errors)")
    #expect(search.output.contains("\nBest: lora:rank="))
    let written = try FileManager.default.contentsOfDirectory(atPath: place("tune")).sorted()
    #expect(written == ["choices.json", "effects-lora.png", "run.json", "search.md"])
    let tuned = try Program.run([
      "finetune", Program.tiny, "--choices", place("tune") + "/choices.json", "--data", data,
      "--epochs", "1", "--answers", "loss", "--out", place("best"),
    ])
    try #require(tuned.status == 0, "\(tuned.errors)")
    let compared = try Program.run([
      "compare", Program.tiny, "--methods", "red", "--choices", place("tune") + "/choices.json",
      "--data", data, "--epochs", "1", "--answers", "loss", "--seeds", "1",
    ])
    try #require(compared.status == 0, "\(compared.errors)")
    #expect(
      compared.output.split(separator: "\n").map { $0.prefix { !" :".contains($0) } }.suffix(2)
        == ["red", "lora"], "\(compared.output)")
    let exported = try Program.run([
      "export", Program.tiny, "--adapter", place("best"), "--out", place("peft"),
    ])
    try #require(exported.status == 0, "\(exported.errors)")
    let texts = try ["best", "peft"].map { name in
      let generated = try Program.run([
        "generate", Program.tiny, "--prompt", "the key", "--max-tokens", "8", "--adapter",
        place(name),
      ])
      try #require(generated.status == 0, "\(generated.errors)")
      return generated.output
    }
    #expect(texts[0] == texts[1])
  }

  @Test func mergesAnUpdateIntoAFolder() throws {
    let (data, out) = (try folder().path, try TemporaryFile(folder: ()).url)
    let model = Program.fixtures.appending(path: "llama-gqa").path
    func place(_ name: String) -> String { out.appending(component: name).path }
    let trained = try Program.run([
      "finetune", model, "--method", "lora", "--projections", "all", "--data", data, "--epochs",
      "2", "--learning-rate", "0.05", "--answers", "loss", "--out", place("lora"),
    ])
    try #require(trained.status == 0, "\(trained.errors)")
    let merged = try Program.run([
      "merge", model, "--adapter", place("lora"), "--out", place("merged"),
    ])
    #expect(merged.status == 0 && merged.errors == "wrote \(place("merged"))\n")
    let ways = [
      [model], [model, "--adapter", place("lora")], [place("merged")],
    ]
    let texts = try ways.map { way in
      let generated = try Program.run(
        ["generate"] + way + ["--prompt", "the key", "--max-tokens", "12"])
      try #require(generated.status == 0, "\(generated.errors)")
      return generated.output
    }
    #expect(texts[1] == texts[2] && texts[0] != texts[1])

    func refusal(_ arguments: String...) throws -> (Int32, String) {
      let result = try Program.run(["merge"] + arguments)
      return (result.status, result.errors)
    }
    let again = try refusal(model, "--adapter", place("lora"), "--out", place("merged"))
    #expect(again.0 == 65 && again.1.hasSuffix("the folder to write has config.json already\n"))
    let file = try refusal(Program.tiny, "--adapter", place("lora"), "--out", place("other"))
    #expect(file.0 == 65)
    let (status, message) = try refusal(model, "--out", place("other"))
    #expect(status == 64 && message.contains("merge needs an --adapter."))
  }

  @Test func searchesThatCannotBe() throws {
    let data = try folder().path
    func line(_ arguments: String...) throws -> String {
      let result = try Program.run(["tune", Program.tiny, "--data", data] + arguments)
      #expect(result.status == 65 || result.status == 64)
      return result.errors.split(separator: "\n").first.map(String.init) ?? ""
    }
    #expect(
      try line("--methods", "lora").contains("needs --budget-steps or --budget-minutes"))
    #expect(
      try line("--methods", "lora:rank=4/x", "--budget-steps", "9")
        == "interchange: rank: expected a number, found x")
    #expect(
      try line("--methods", "red", "--budget-steps", "9", "--development-share", "0")
        == "interchange: development share: expected examples to choose by, found none")
  }

  /// The memory estimated before a run is near what it took.
  @Test(.enabled(if: Program.hasSmolLM2, "needs the 98 MB model that `make model` fetches"))
  func memoryIsAsEstimated() throws {
    let text = String(repeating: "the key near the cabinets is on the table ", count: 12)
    let lines = (0..<8).map { #"{"prompt":"\#($0) \#(text)","completion":" and stays there"}"# }
    let data = try TemporaryFile(Data(lines.joined(separator: "\n").utf8))
    let result = try Program.run([
      "finetune", Program.smollm2, "--data", data.url.path, "--method", "lora", "--steps", "1",
      "--batch", "8", "--development-share", "0", "--answers", "loss", "--json",
    ])
    try #require(result.status == 0, "\(result.errors)")
    let comparison = try #require((result.results()["comparisons"] as? [[String: Any]])?.first)
    let method = try #require((comparison["methods"] as? [[String: Any]])?.first)
    let run = try #require((method["seeds"] as? [[String: Any]])?.first)
    let memory = try #require(run["memory"] as? [String: Double])
    let estimated = memory.values.reduce(0, +) / 0x1p20
    let measured = try #require(run["peakMiB"] as? Double)
    #expect(measured > 0.6 * estimated && measured < 1.4 * estimated, "\(memory), \(measured) MiB")
  }
}
