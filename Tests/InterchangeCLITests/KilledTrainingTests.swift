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
    #expect(try Program.run(arguments(data.url, calm.url)).status == 0)

    var steps: [Int] = []
    var moments = SystemRandomNumberGenerator()
    for _ in 0..<10 {
      let process = try Program.start(arguments(data.url, disturbed.url))
      // Some steps further than it was, at any moment of a step, also while a state is written.
      let end = lines(disturbed.url) + Int.random(in: 0...60, using: &moments)
      while process.isRunning, lines(disturbed.url) < end { Thread.sleep(forTimeInterval: 0.002) }
      Thread.sleep(forTimeInterval: Double.random(in: 0...0.02, using: &moments))
      #expect(process.isRunning, "it ended before it was killed; lines of the log: \(steps)")
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      steps.append(lines(disturbed.url))
    }
    #expect(try Program.run(arguments(data.url, disturbed.url)).status == 0)
    for name in ["adapter.safetensors", "checkpoint.safetensors"] {
      let expected = try Data(contentsOf: calm.url.appending(component: name))
      let found = try Data(contentsOf: disturbed.url.appending(component: name))
      #expect(expected == found, "\(name); lines of the log at each kill: \(steps)")
    }
  }

  /// The progress of a run: a line for each step, and some more.
  private func lines(_ folder: URL) -> Int {
    let log = try? String(contentsOf: folder.appending(component: "log.jsonl"), encoding: .utf8)
    return log?.split(separator: "\n").count ?? 0
  }
}
