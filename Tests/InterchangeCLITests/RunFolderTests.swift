import Foundation
import Interchange
import Testing

/// A run's folder: one run at a time, nothing of an earlier one, and what `--resume` compares.
@Suite struct RunFolderTests {
  private let data: TemporaryFile
  private let out: URL

  init() throws {
    let pairs = (0..<12).map {
      #"{"prompt":"\#(String(repeating: "ab c", count: 1 + $0 % 3))","completion":"de\#($0)"}"#
    }
    data = try TemporaryFile(Data(pairs.joined(separator: "\n").utf8))
    out = try TemporaryFile(folder: ()).url
  }

  private func finetune(_ more: String...) throws -> Program.Result {
    try Program.run(
      [
        "finetune", Program.tiny, "--data", data.url.path, "--answers", "loss", "--batch", "4",
        "--layers", "1", "--out", out.path,
      ] + more)
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: out.path).sorted()
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: out.appending(component: name))
  }

  /// Whatever decides the outcome is compared, and named with both values.
  @Test func aChangedSettingIsNamed() throws {
    #expect(
      try finetune("--method", "lora", "--rank", "2", "--epochs", "1", "--save-every", "1").status
        == 0)
    for (options, words) in [
      (["--alpha", "3"], "alpha: expected 3, as asked for now, found "),
      (["--dropout", "0.5"], "dropout: expected 0.5, as asked for now, found 0"),
      (["--projections", "value"], "projections: expected value, as asked for now, found query"),
      (["--batch", "2"], "batch size: expected 2, as asked for now, found 4"),
      (["--seed", "7"], "seed: expected 7, as asked for now, found 0"),
      (["--no-best"], "best: expected false, as asked for now, found true"),
      (["--development-share", "0.3"], "training data: expected "),
      (["--learning-rate", "1"], "learning rate: expected 1, as asked for now, found 0.004"),
      (["--activation-storage", "bfloat16"], "activation-storage: expected bfloat16, "),
    ] {
      let result = try Program.run(
        [
          "finetune", Program.tiny, "--data", data.url.path, "--answers", "loss", "--batch", "4",
          "--layers", "1", "--out", out.path, "--method", "lora", "--rank", "2", "--epochs", "1",
          "--resume",
        ] + options)
      #expect(result.status == 65)
      let line = result.errors.split(separator: "\n").last ?? ""
      #expect(
        line.hasPrefix("interchange: \(out.path)/checkpoint.safetensors: \(words)"), "\(line)")
    }
    // Of two, both.
    let both = try finetune(
      "--method", "lora", "--rank", "2", "--epochs", "1", "--resume", "--alpha", "3", "--warmup",
      "0.5")
    #expect(both.errors.contains("warmup: expected 0.5") && both.errors.contains("; alpha: "))
  }

  @Test func placesAreCompared() throws {
    let method = ["--method", "loreft", "--rank", "1", "--epochs", "1"]
    #expect(
      try finetune(
        method[0], method[1], method[2], method[3], method[4], method[5],
        "--positions", "f1"
      ).status == 0)
    for (options, words) in [
      (["--positions", "l1"], "positions: expected last 1, as asked for now, found first 1"),
      (["--positions", "f1", "--site", "mlp_output"], "site: expected mlp_output"),
      (["--positions", "f1", "--activation", "relu"], "activation: expected relu"),
    ] {
      let result = try Program.run(
        [
          "finetune", Program.tiny, "--data", data.url.path, "--answers", "loss", "--batch", "4",
          "--layers", "1", "--out", out.path, "--resume",
        ] + method + options)
      #expect(
        result.status == 65 && result.errors.contains("checkpoint.safetensors: \(words)"),
        "\(result.errors)")
    }
  }

  /// A run that came to its end goes on when more is asked for.
  @Test func moreEpochs() throws {
    let method = ["--rank", "1", "--positions", "-1"]
    func run(_ epochs: String, _ more: String...) throws -> (Program.Result, steps: Int) {
      let result = try Program.run(
        [
          "finetune", Program.tiny, "--data", data.url.path, "--answers", "loss", "--batch", "4",
          "--layers", "1", "--out", out.path, "--json", "--epochs", epochs,
        ] + method + more)
      let run = try? result.record().results.comparisons?.first?.methods.first?.seeds.first
      return (result, run?.history.losses.count ?? 0)
    }
    let first = try run("2")
    #expect(first.0.status == 0 && first.steps == 6)
    let longer = try run("4", "--resume")
    #expect(longer.0.status == 0 && longer.steps == 12, "\(longer.0.errors)")
    // Less than was done is another run.
    let shorter = try run("2", "--resume")
    #expect(shorter.0.status == 65 && shorter.0.errors.contains("epochs: expected 2"))
  }

  /// Nothing of an earlier run is taken for this one's.
  @Test func aNewRunStartsClean() throws {
    let rows = (0..<12).map { "\(String(repeating: "x", count: 1 + $0 % 5)),\(["a", "b"][$0 % 2])" }
    let labeled = try TemporaryFile(folder: ()).url
    try Data((["text,label"] + rows).joined(separator: "\n").utf8)
      .write(to: labeled.appending(component: "train.csv"))
    let head = try Program.run([
      "finetune", Program.tiny, "--data", labeled.path, "--method", "probe", "--answers", "label",
      "--steps", "2", "--out", out.path,
    ])
    try #require(head.status == 0, "\(head.errors)")
    #expect(try names().contains("head.safetensors") && !head.errors.contains("holds a run"))
    for name in ["notes.txt", ".run.json.0123456789abc.part"] {
      try Data("mine".utf8).write(to: out.appending(component: name))
    }
    let second = try finetune("--rank", "1", "--epochs", "1")
    #expect(second.status == 0)
    #expect(second.errors.contains("\(out.path) holds a run of finetune from "))
    #expect(second.errors.contains("; its files are removed, and this run begins anew\n"))
    let found = try names()
    #expect(found.contains("adapter.safetensors") && found.contains("notes.txt"))
    #expect(!found.contains("head.safetensors") && found.allSatisfy { !$0.hasPrefix(".") })
    let result = try Program.run(
      [
        "evaluate", Program.tiny, "--data", data.url.path, "--answers", "loss", "--adapter",
        out.path,
      ])
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func oneRunAtATime() throws {
    let process = try Program.start([
      "finetune", Program.tiny, "--data", data.url.path, "--answers", "loss", "--epochs",
      "100000", "--out", out.path, "--save-every", "50",
    ])
    defer { kill(process.processIdentifier, SIGKILL) }
    let log = out.appending(component: "log.jsonl")
    while process.isRunning, (try? Data(contentsOf: log))?.isEmpty ?? true {
      Thread.sleep(forTimeInterval: 0.01)
    }
    let second = try finetune("--epochs", "1")
    #expect(second.status == 1)
    #expect(
      second.errors.hasSuffix(
        "interchange: \(out.path): another run is writing there; wait for it, or choose another "
          + "folder\n"))
    // The first one stops at a signal, keeps its state and leaves nothing else.
    kill(process.processIdentifier, SIGTERM)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGTERM)
    #expect(try names() == ["checkpoint.safetensors", "log.jsonl"])
  }

  /// INT and TERM write the last step's state; the run goes on there and ends in the same bytes.
  @Test(arguments: [SIGINT, SIGTERM]) func stoppedBySignal(_ signal: Int32) throws {
    let (calm, errors) = (try TemporaryFile(folder: ()).url, try TemporaryFile().url)
    let arguments = [
      "finetune", Program.tiny, "--data", data.url.path, "--answers", "loss", "--epochs", "100",
      "--batch", "4", "--rank", "1", "--dropout", "0.1", "--resume", "--out",
    ]
    #expect(try Program.run(arguments + [calm.path]).status == 0)
    let process = try Program.start(arguments + [out.path], errors: errors)
    let log = out.appending(component: "log.jsonl")
    while process.isRunning, ((try? Data(contentsOf: log))?.count { $0 == 10 } ?? 0) < 20 {
      Thread.sleep(forTimeInterval: 0.005)
    }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    let told = try String(contentsOf: errors, encoding: .utf8)
    #expect(process.terminationReason == .uncaughtSignal, "\(told)")
    #expect(process.terminationStatus == signal)
    #expect(told.contains("stopping after this step, with its state kept"))
    let line = ", whose state is kept; the same command with --resume goes on from there\n"
    #expect(told.hasSuffix(line), "\(told)")
    #expect(try names() == ["checkpoint.safetensors", "log.jsonl"])
    #expect(try Program.run(arguments + [out.path]).status == 0)
    for name in ["adapter.safetensors", "checkpoint.safetensors"] {
      #expect(try bytes(name) == Data(contentsOf: calm.appending(component: name)), "\(name)")
    }
  }

  /// A folder that was received from somebody empties no file, and leads nowhere else.
  @Test func linksInAFolder() throws {
    let precious = try TemporaryFile(Data("kept".utf8)).url
    let elsewhere = try TemporaryFile(folder: ()).url
    for name in [".interchange.lock", "run.json", "log.jsonl", "checkpoint.safetensors"] {
      try FileManager.default.createSymbolicLink(
        at: out.appending(component: name), withDestinationURL: precious)
    }
    let locked = try finetune("--epochs", "1")
    #expect(locked.status == 1 && locked.errors.contains(".interchange.lock: a link;"))
    try FileManager.default.removeItem(at: out.appending(component: ".interchange.lock"))
    #expect(try finetune("--epochs", "1").status == 0)
    #expect(try String(contentsOf: precious, encoding: .utf8) == "kept")
    try FileManager.default.createSymbolicLink(
      at: out.appending(component: "seed-1"), withDestinationURL: elsewhere)
    let parts = try finetune("--epochs", "1", "--seeds", "2")
    #expect(parts.status == 1 && parts.errors.contains("seed-1: a link;"), "\(parts.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path).isEmpty)
  }

  /// Another tool's adapter in the folder would be read instead.
  @Test func aForeignAdapterInTheFolder() throws {
    try Data("{}".utf8).write(to: out.appending(component: "adapter_config.json"))
    try Data().write(to: out.appending(component: "adapter_model.safetensors"))
    let result = try finetune("--epochs", "1")
    #expect(
      result.status == 64 && result.errors.contains("another tool's form"), "\(result.errors)")
  }
}
