import Foundation
import Interchange
import Synchronization
import Testing

/// Every numeric option of every command with values that are none, or at the edges: the program
/// does the work or refuses it in a line, and never ends by a signal or runs on for ever.
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

  init() throws {
    let pairs = (0..<6).map { #"{"prompt":"abc \#($0)","completion":"de"}"# }
    data = try TemporaryFile(Data(pairs.joined(separator: "\n").utf8))
    taught = try TaughtModel.make()
    adapter = try TemporaryFile(folder: ())
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
    let pyreft = Program.package.appending(path: "Tests/Fixtures/interventions/pyreft/loreft").path
    let training = ["--data", data, "--answers", "loss", "--test-share", "0.2"]
    return [
      "inspect": [tiny], "tokens": [tiny, "--text", "abc"], "predict": [tiny, "--text", "abc"],
      "attention": [tiny, "--text", "abc abc", "--layers", "0"],
      "swap": [tiny, "--base", "abc abc", "--source", "cab cab", "--layer", "0"],
      "sweep": [taught, "--pairs", "512", "--limit", "2"],
      "das": [taught, "--layer", "1", "--pairs", "512", "--epochs", "1"],
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
      "figure": [adapter, "--out", "unused"], "report": [adapter, "--out", "unused"],
      "bench": ["forward", tiny, "--batch", "1", "--length", "4", "--steps", "1"],
      "growth": [tiny, "--batch", "1", "--length", "8", "--layer", "1", "--steps", "1"],
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

  /// Runs calls, two at a time, and tells which did anything but end well or refuse in a line.
  private func faults(_ calls: [[String]]) -> [String] {
    let faults = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: calls.count) { index in
      var arguments = calls[index]
      let out = try? TemporaryFile(folder: ())
      if let place = arguments.firstIndex(of: "unused"), let out {
        arguments[place] = out.url.appending(component: "out").path
      }
      guard let result = try? Program.run(arguments, timeout: 30) else { return }
      let lines = result.errors.split(separator: "\n").filter {
        $0.hasPrefix("interchange: ") || $0.hasPrefix("Error: ")
      }
      let isGood =
        result.status == 0 ? lines.isEmpty : [64, 65].contains(result.status) && lines.count == 1
      if !isGood {
        let words = arguments.map { $0.isEmpty ? "''" : $0 }.joined(separator: " ")
        faults.withLock { $0.append("\(result.status): \(words): \(result.errors.suffix(300))") }
      }
    }
    return faults.withLock { $0 }
  }

  @Test func everyOptionOfEveryCommand() throws {
    let (options, calls) = (try options(), calls)
    #expect(options.count > 100)
    let unknown = Set(options.map(\.command)).subtracting(calls.keys)
    try #require(unknown.isEmpty, "no call of \(unknown)")
    let tried = options.flatMap { command, option -> [[String]] in
      let most = option == "seed" ? 1e19 : 1e18
      return Self.values.filter {
        !Self.longWork.contains(command) || Double($0).map { !(0...most).contains($0) } ?? true
      }.map { [command] + (calls[command] ?? []) + ["--\(option)", $0] }
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
            ["finetune"] + (calls["finetune"] ?? [])
              + ["--method", method.names[0], "--\(choice.name)", value]
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
