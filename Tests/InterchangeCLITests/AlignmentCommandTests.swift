import Foundation
import Testing

/// `interchange das` on a tiny model that knows both verbs as tokens, with weights in bfloat16.
@Suite struct AlignmentCommandTests {
  private let model: TemporaryFile

  init() throws {
    model = try TaughtModel.make()
    try Self.halve(model.url.appending(path: "model.safetensors"))
  }

  /// Writes a float32 checkpoint again with the upper halves of its numbers: bfloat16.
  private static func halve(_ url: URL) throws {
    let file = try Data(contentsOf: url)
    let length = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    var header = try #require(
      try JSONSerialization.jsonObject(with: file[8..<8 + length]) as? [String: Any])
    for (name, value) in header {
      guard var tensor = value as? [String: Any],
        let offsets = tensor["data_offsets"] as? [Int]
      else { continue }
      try #require(tensor["dtype"] as? String == "F32")
      (tensor["dtype"], tensor["data_offsets"]) = ("BF16", offsets.map { $0 / 2 })
      header[name] = tensor
    }
    var text = try JSONSerialization.data(withJSONObject: header)
    text += Data(repeating: 0x20, count: (8 - text.count % 8) % 8)
    let size = Data((0..<8).map { UInt8(text.count >> (8 * $0) & 0xFF) })
    let numbers = [UInt8](file[(8 + length)...])
    let halves = numbers.indices.filter { $0 % 4 >= 2 }.map { numbers[$0] }
    try (size + text + halves).write(to: url)
  }

  private func das(_ more: [String]) throws -> [String: Any] {
    let result = try Program.run(
      [
        "das", model.url.path, "--layer", "1", "--pairs", "4096", "--epochs", "4", "--batch", "8",
        "--seed", "1", "--json",
      ] + more)
    #expect(result.status == 0, "\(result.errors)")
    let alignments = try #require(try result.results()["alignments"] as? [[String: Any]])
    return try #require(alignments.first?["report"] as? [String: Any])
  }

  /// The number of a result's examples that were right.
  private func correct(_ accuracy: Any?) -> Int? {
    (accuracy as? [String: Any])?["correct"] as? Int
  }

  private func controls(_ json: [String: Any]) throws -> [String: [String: Any]] {
    let list = try #require(json["controls"] as? [[String: Any]])
    return try Dictionary(
      uniqueKeysWithValues: list.map { (try #require($0["name"] as? String), $0) })
  }

  /// The accuracies are the same for weights that are read as they are stored and for widened ones.
  @Test(arguments: [["--rank", "2"], ["--boundless"]])
  func weightsAsStoredOrWidened(more: [String]) throws {
    let stored = try das(more + ["--weights", "stored"])
    let widened = try das(more + ["--weights", "float32"])
    let test = try #require(stored["test"] as? [String: Any])
    #expect(try #require(test["n"] as? Int) >= 10)
    for key in ["value", "n"] {
      let other = (widened["test"] as? [String: Any])?[key]
      #expect(test[key] as? Double == other as? Double, "\(key)")
    }
    #expect(stored["rank"] as? Int == widened["rank"] as? Int)
    let training = correct(stored["train"])
    #expect(training != nil && training == correct(widened["train"]))
    let (found, expected) = (try controls(stored), try controls(widened))
    #expect(found.count == 6 && Set(found.keys) == Set(expected.keys))
    for (name, control) in found where name != "random_model" {
      let count = try #require(correct(control["iia"]), "\(name)")
      #expect(count == correct(expected[name]?["iia"]), "\(name)")
    }
    #expect(found["self_swap"]?["largestChange"] as? Double == 0)
  }

  @Test func boundlessFindsItsOwnRank() throws {
    let out = try TemporaryFile(folder: ())
    let json = try das(["--boundless", "--rank", "3", "--no-controls", "--out", out.url.path])
    let rank = try #require(json["rank"] as? Int)
    #expect((1...16).contains(rank))
    let iia = try #require((json["test"] as? [String: Any])?["value"] as? Double)
    #expect((0...1).contains(iia))
    let record = try Data(contentsOf: out.url.appending(component: "run.json"))
    #expect(!record.isEmpty)
    let files = try FileManager.default.contentsOfDirectory(atPath: out.url.path)
    #expect(files.contains("rotation.safetensors") && files.contains("loss.png"))
    let text = try Program.run([
      "das", model.url.path, "--layer", "1", "--pairs", "4096", "--epochs", "4", "--batch", "8",
      "--seed", "1", "--boundless", "--no-controls",
    ])
    let heading = "agreement: subjectNumber at block_output 1 @ -1, rank \(rank)\n"
    #expect(text.output.hasPrefix(heading))
  }

  /// A budget far below what the pairs need changes no figure.
  @Test func activationMemory() throws {
    let (free, bounded) = (
      try das(["--rank", "2"]), try das(["--rank", "2", "--activation-memory", "128K"])
    )
    #expect(correct(free["test"]) == correct(bounded["test"]))
    let (found, expected) = (try controls(free), try controls(bounded))
    for (name, control) in found {
      let count = try #require(correct(control["iia"]), "\(name)")
      #expect(count == correct(expected[name]?["iia"]), "\(name)")
    }
    let refused = try Program.run([
      "das", model.url.path, "--layer", "1", "--pairs", "4096", "--activation-memory", "100",
    ])
    #expect(refused.status == 65 && refused.output.isEmpty)
    #expect(refused.errors.hasPrefix("interchange: activation memory: the base runs of one batch"))
    #expect(refused.errors.count { $0 == "\n" } == 1)
  }

  @Test(arguments: [
    ["--weights", "f16"], ["--activation-memory", "12X"], ["--activation-storage", "half"],
  ])
  func badUsage(arguments: [String]) throws {
    let result = try Program.run(["das", model.url.path, "--layer", "1"] + arguments)
    #expect(result.status == 64 && result.output.isEmpty)
    #expect(result.errors.hasPrefix("Error: ") && result.errors.contains("'\(arguments[1])'"))
  }
}
