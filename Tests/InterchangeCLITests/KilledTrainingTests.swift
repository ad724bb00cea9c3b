import Foundation
import Testing

/// A training run that is killed and resumed, as a user's is.
@Suite struct KilledTrainingTests {
  private static let pairs = (0..<24).map { index in
    #"{"prompt":"\#(String(repeating: "ab c", count: 1 + index % 5))","completion":"de\#(index)"}"#
  }.joined(separator: "\n")

  private func arguments(_ data: URL, _ out: URL) -> [String] {
    [
      "finetune", Program.tiny, "--data", data.path, "--method", "loreft", "--rank", "2",
      "--dropout", "0.1", "--positions", "f1+l1", "--epochs", "150", "--batch", "4",
      "--learning-rate", "0.01", "--clip", "1", "--development-share", "0.2", "--evaluate-every",
      "40", "--save-every", "7", "--resume", "--out", out.path,
    ]
  }

  /// Killed at ten moments and resumed each time, it ends in the bytes of an undisturbed run.
  @Test func endsInTheSameParameters() throws {
    let data = try TemporaryFile(Data(Self.pairs.utf8))
    let (calm, disturbed) = (try TemporaryFile(folder: ()), try TemporaryFile(folder: ()))
    let begun = Date()
    #expect(try Program.run(arguments(data.url, calm.url)).status == 0)
    let whole = Date().timeIntervalSince(begun)

    var kills = 0
    var steps: [Int] = []
    var moments = SystemRandomNumberGenerator()
    while kills < 10 {
      let process = try Program.start(arguments(data.url, disturbed.url))
      Thread.sleep(forTimeInterval: whole * Double.random(in: 0.01...0.13, using: &moments))
      guard process.isRunning else { break }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      kills += 1
      let log = try? String(
        contentsOf: disturbed.url.appending(component: "log.jsonl"), encoding: .utf8)
      steps.append(log?.split(separator: "\n").count ?? 0)
    }
    #expect(kills == 10, "after \(whole) s undisturbed; lines of the log at each kill: \(steps)")
    #expect(try Program.run(arguments(data.url, disturbed.url)).status == 0)
    for name in ["adapter.safetensors", "checkpoint.safetensors"] {
      let expected = try Data(contentsOf: calm.url.appending(component: name))
      let found = try Data(contentsOf: disturbed.url.appending(component: name))
      #expect(expected == found, "\(name); lines of the log at each kill: \(steps)")
    }
  }
}
