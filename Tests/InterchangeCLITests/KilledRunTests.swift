import Foundation
import Testing

/// Runs of every command with a folder that are killed at any moment: run again, they end in the
/// bytes of an undisturbed run, and nothing is left over. `make kills` does the same fifty times.
@Suite struct KilledRunTests {
  private let data: TemporaryFile
  private let model: TemporaryFile

  init() throws {
    let pairs = (0..<24).map {
      #"{"prompt":"\#(String(repeating: "ab c", count: 1 + $0 % 5))","completion":"de\#($0)"}"#
    }
    data = try TemporaryFile(Data(pairs.joined(separator: "\n").utf8))
    model = try TaughtModel.make()
  }

  private func arguments(_ command: String) -> [String] {
    let training = [
      "--data", data.url.path, "--answers", "loss", "--batch", "4", "--positions", "f1+l1",
      "--test-share", "0.2", "--development-share", "0.2",
    ]
    let words: [String: [String]] = [
      "finetune": [
        "--rank", "2", "--epochs", "30", "--save-every", "7", "--seeds", "2", "--resume",
      ]
        + training,
      "compare": [
        "--methods", "loreft:rank=2,lobireft:rank=1", "--epochs", "15", "--seeds", "2", "--resume",
      ] + training,
      "tune": ["--methods", "loreft:rank=1/2:rate=1e-3/1e-2", "--budget-steps", "120"] + training,
      "das": [
        "--layer", "1", "--rank", "2", "--pairs", "4096", "--epochs", "2", "--batch", "8", "--seed",
        "1", "--no-controls",
      ],
      "sweep": [
        "--pairs", "2048", "--limit", "8", "--seed", "1", "--metric", "iia,kl", "--resume",
      ],
    ]
    return [command, model.url.path] + (words[command] ?? [])
  }

  @Test(arguments: ["finetune", "compare", "tune", "das", "sweep"])
  func endsInTheSameBytes(_ command: String) throws {
    let (calm, disturbed) = (try TemporaryFile(folder: ()).url, try TemporaryFile(folder: ()).url)
    let start = Date()
    let whole = try Program.run(arguments(command) + ["--out", calm.path])
    try #require(whole.status == 0, "\(whole.errors)")
    let length = Date().timeIntervalSince(start)
    for _ in 0..<3 {
      let process = try Program.start(arguments(command) + ["--out", disturbed.path])
      Thread.sleep(forTimeInterval: Double.random(in: 0...length))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    let again = try Program.run(arguments(command) + ["--out", disturbed.path])
    try #require(again.status == 0, "\(again.errors)")
    let (expected, found) = (try files(calm), try files(disturbed))
    #expect(Set(expected.keys) == Set(found.keys))
    for (name, content) in expected { #expect(content == found[name], "\(name)") }
  }

  /// The files of a folder; of records, figures and logs, which hold the time that a run took, the
  /// names.
  private func files(_ folder: URL) throws -> [String: Data] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    return try paths.reduce(into: [:]) { files, path in
      let url = folder.appending(path: path)
      guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else {
        return
      }
      let isWhole = [".safetensors", "sweep.jsonl"].contains { path.hasSuffix($0) }
      files[path] = isWhole ? try Data(contentsOf: url) : Data()
    }
  }
}
