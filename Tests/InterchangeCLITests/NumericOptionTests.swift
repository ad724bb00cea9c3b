import Foundation
import Interchange
import Synchronization
import Testing

/// Every numeric option of every command with values that are none, or at the edges: the program
/// does the work or refuses it in a line, within a second beyond the work that was asked for.
@Suite struct NumericOptionTests {
  private static let values = ["0", "-1", "9223372036854775807", "nan", "inf", "1e308", "", "text"]
  /// The names of values that are no numbers; an option with another one is tried.
  private static let textual: Set<String> = [
    "dir", "file", "path", "name", "names", "text", "list", "format", "part", "how", "weights",
    "activation-storage", "answers", "pooling", "use", "decay", "method", "prompt", "base",
    "source", "activation", "pattern",
  ]
  /// Work that takes too long to be done for each value; what is refused, is at once.
  private static let longWork: Set<String> = ["demo", "growth"]

  private let data: TemporaryFile
  private let taught: TemporaryFile
  private let adapter: TemporaryFile
  private let experiment: TemporaryFile
  private let autoencoder: TemporaryFile
  private let texts: TemporaryFile

  init() throws {
    let pairs = (0..<6).map { #"{"prompt":"abc \#($0)","completion":"de"}"# }
    data = try TemporaryFile(Data(pairs.joined(separator: "\n").utf8))
    taught = try TaughtModel.make()
    adapter = try TemporaryFile(folder: ())
    experiment = try TemporaryFile(folder: ())
    autoencoder = try TinyAutoencoder.make()
    texts = try TemporaryFile(Data("abc abc\ncab cab\nbed bad\n".utf8))
    let document = "model: \(taught.url.path)\npairs: 512\nsteps:\n  - sweep: {limit: 2}\n"
    try Data(document.utf8).write(to: experiment.url.appending(component: "experiment.yaml"))
    let tuned = try Program.run([
      "finetune", taught.url.path, "--data", data.url.path, "--answers", "loss", "--steps", "1",
      "--layers", "1", "--positions", "-1", "--rank", "1", "--out", adapter.url.path,
    ])
    try #require(tuned.status == 0, "\(tuned.errors)")
  }

  /// A call of each command that does little.
  private var calls: [String: [String]] {
    let (tiny, taught, data, adapter) = (
      Program.tiny, taught.url.path, data.url.path, adapter.url.path
    )
    let steering = Program.package.appending(path: "Examples/Steering/sentiment.jsonl").path
    let cities = Program.package.appending(path: "Examples/data/cities").path
    let pyreft = Program.package.appending(path: "Tests/Fixtures/interventions/pyreft/loreft").path
    let training = ["--data", data, "--answers", "loss", "--test-share", "0.2"]
    return [
      "inspect": [tiny], "tokens": [tiny, "--text", "abc"], "predict": [tiny, "--text", "abc"],
      "attention": [tiny, "--text", "abc abc", "--layers", "0"],
      "lens": [tiny, "--text", "abc abc", "--patchscope"],
      "tuned-lens": [tiny, "--texts", texts.url.path, "--positions", "16"],
      "direct": [taught, "--pairs", "512", "--limit", "2"],
      "heads": [tiny, "--sequences", "1", "--tokens", "4"],
      "probe": [taught, "--texts", "16", "--layers", "0", "--controls", "1"],
      "swap": [tiny, "--base", "abc abc", "--source", "cab cab", "--layer", "0"],
      "sweep": [taught, "--pairs", "512", "--limit", "2"],
      "ablate": [taught, "--pairs", "512", "--limit", "2", "--layers", "1"],
      "trace": [tiny, "--text", "abc abc", "--subject", "bc a", "--draws", "1", "--layers", "1"],
      "das": [taught, "--layer", "1", "--pairs", "512", "--epochs", "1"],
      "mask": [taught, "--layer", "1", "--pairs", "512", "--epochs", "1"],
      "mib": [taught, "--tasks", "ioi", "--methods", "full", "--layer", "1"],
      "ravel": [taught, cities, "--layer", "1", "--entities", "2", "--methods", "pca"],
      "features": [
        tiny, "--sae", autoencoder.url.path, "--layer", "1", "--text", "abc abc cab",
      ],
      "train-features": [
        tiny, "--texts", texts.url.path, "--layer", "1", "--features", "8", "--active", "2",
        "--steps", "2",
      ],
      "collect": [
        taught, "--task", "agreement", "--limit", "4", "--layers", "1", "--out", "unused",
      ],
      "subspaces": [adapter, adapter],
      "examine": [taught, "--adapter", adapter, "--pairs", "512"],
      "finetune": [tiny, "--epochs", "1"] + training,
      "compare": [tiny, "--methods", "red", "--seeds", "1", "--epochs", "1"] + training,
      "tune": [tiny, "--methods", "red", "--budget-steps", "6"] + training,
      "evaluate": [tiny, "--data", data, "--answers", "loss"],
      "steer": [tiny, "--pairs", steering, "--layers", "1", "--prompt", "ab", "--max-tokens", "2"],
      "generate": [tiny, "--prompt", "ab", "--max-tokens", "2", "--temperature", "1"],
      "chat": [tiny],
      "import": [tiny, pyreft, "--positions", "f1", "--out", "unused"],
      "export": [taught, "--adapter", adapter, "--out", "unused"],
      "merge": [taught, "--adapter", adapter, "--out", "unused"],
      "figure": [adapter, "--out", "unused"], "table": [adapter],
      "report": [adapter, "--out", "unused"],
      "bench": ["forward", tiny, "--batch", "1", "--length", "4", "--steps", "1"],
      "growth": [tiny, "--batch", "1", "--length", "8", "--layer", "1", "--steps", "1"],
      "run": [experiment.url.appending(component: "experiment.yaml").path, "--dry-run"],
      "demo": [],
    ]
  }

  /// The numeric options of each command, as the program itself tells them.
  private func options() throws -> [(command: String, option: String)] {
    let dumped = try Program.run(["--experimental-dump-help"]).json()
    let root = try #require(dumped["command"] as? [String: Any])
    let commands = try #require(root["subcommands"] as? [[String: Any]])
    return commands.flatMap { command -> [(String, String)] in
      let arguments = command["arguments"] as? [[String: Any]] ?? []
      return arguments.filter { $0["kind"] as? String == "option" }.compactMap { argument in
        guard let name = (argument["preferredName"] as? [String: Any])?["name"] as? String,
          let value = argument["valueName"] as? String, !Self.textual.contains(value)
        else { return nil }
        return (command["commandName"] as? String ?? "", name)
      }
    }
  }

  /// A call with an option more.
  private struct Call {
    let plain: [String]
    let option: [String]

    /// Its words as a user writes them.
    var text: String { (plain + option).map { $0.isEmpty ? "''" : $0 }.joined(separator: " ") }
    /// Tells whether it takes long without the option.
    var isLong: Bool { NumericOptionTests.longWork.contains(plain[0]) }
  }

  /// The seconds that a call may take beyond its work.
  private static let spareTime = 1.0

  /// Runs calls and tells which did anything but end well or refuse in a line, or took too long.
  ///
  /// What isn't refused may take as long as without the option, and a second more. Time is the
  /// processor's, which other programs don't change.
  private func faults(_ calls: [Call]) -> [String] {
    let plain = Set(calls.filter { !$0.isLong }.map(\.plain)).map { $0 }
    let work = Dictionary(
      uniqueKeysWithValues: zip(plain, run(plain).map { $0?.processorTime ?? 0 }))
    let results = run(calls.map { $0.plain + $0.option })
    return zip(calls, results).compactMap { call, result -> String? in
      guard let result else { return "not started: \(call.text)" }
      let lines = result.errors.split(separator: "\n").filter {
        $0.hasPrefix("interchange: ") || $0.hasPrefix("Error: ")
      }
      let isGood =
        result.status == 0 ? lines.isEmpty : [64, 65].contains(result.status) && lines.count == 1
      let allowed = (result.status == 0 ? work[call.plain] ?? 0 : 0) + Self.spareTime
      guard !isGood || result.processorTime > allowed else { return nil }
      return "\(result.status) after \(result.processorTime) s: \(call.text): "
        + result.errors.suffix(300)
    }
  }

  /// The outcomes of calls, which are run two at a time; nil of one that could not be started.
  private func run(_ calls: [[String]]) -> [Program.Result?] {
    let results = Mutex([Program.Result?](repeating: nil, count: calls.count))
    DispatchQueue.concurrentPerform(iterations: calls.count) { index in
      var arguments = calls[index]
      let out = try? TemporaryFile(folder: ())
      if let place = arguments.firstIndex(of: "unused"), let out {
        arguments[place] = out.url.appending(component: "out").path
      }
      let result = try? Program.run(arguments, timeout: 30)
      results.withLock { $0[index] = result }
    }
    return results.withLock { $0 }
  }

  @Test func everyOptionOfEveryCommand() throws {
    let (options, calls) = (try options(), calls)
    #expect(options.count > 100)
    let unknown = Set(options.map(\.command)).subtracting(calls.keys)
    try #require(unknown.isEmpty, "no call of \(unknown)")
    let tried = options.flatMap { command, option -> [Call] in
      let most = option == "seed" ? 1e19 : 1e18
      return Self.values.map {
        Call(plain: [command] + (calls[command] ?? []), option: ["--\(option)", $0])
      }.filter { call in
        !call.isLong || Double(call.option[1]).map { !(0...most).contains($0) } ?? true
      }
    }
    let faults = faults(tried)
    #expect(faults.isEmpty, "\(faults.count) of \(tried.count):\n\(faults.joined(separator: "\n"))")
  }

  /// The choices of each method, which the default method doesn't look at.
  @Test func everyChoiceOfEveryMethod() throws {
    let tried = AdapterMethods.all.flatMap { method in
      method.choices.filter { $0.valueName != nil && !Self.textual.contains($0.valueName ?? "") }
        .flatMap { choice in
          Self.values.map { value in
            Call(
              plain: ["finetune"] + (calls["finetune"] ?? []) + ["--method", method.names[0]],
              option: ["--\(choice.name)", value])
          }
        }
    }
    let faults = faults(tried)
    #expect(faults.isEmpty, "\(faults.count) of \(tried.count):\n\(faults.joined(separator: "\n"))")
  }

  /// Sizes that no machine holds are refused before work begins.
  @Test func sizesBeyondMemory() throws {
    for pairs in ["1000000000", "9223372036854775807"] {
      let result = try Program.run(
        ["das", taught.url.path, "--layer", "1", "--pairs", pairs], timeout: 20)
      #expect([64, 65].contains(result.status), "\(result)")
      #expect(result.errors.contains("1000000000"), "\(result.errors)")
    }
    let bench = try Program.run(
      ["bench", "forward", Program.tiny, "--batch", "1000000000", "--length", "64"], timeout: 20)
    #expect(bench.status == 65 && bench.errors.contains("memory of"), "\(bench.errors)")
  }

  /// A seed of 64 bits is printed and recorded as it is.
  @Test func largeSeeds() throws {
    let result = try Program.run(
      ["finetune"] + (calls["finetune"] ?? []) + ["--seed", "18446744073709551615"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("seed 18446744073709551615: loss "), "\(result.output)")
  }
}
