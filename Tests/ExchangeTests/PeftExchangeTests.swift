import Foundation
import InterchangeBasics
import InterchangeExchange
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Adapters of ours in peft itself.
@Suite struct PeftExchangeTests {
  private static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  /// The peers that `make bench` installs.
  private static let python = package.appending(path: ".bench/venv/bin/python").path
  private static let hasPeft = FileManager.default.isExecutableFile(atPath: python)

  @Test(
    .enabled(if: PeftExchangeTests.hasPeft, "needs peft, which `make bench` installs"),
    arguments: ["lora", "prompt-tuning", "p-tuning", "prefix-tuning"])
  func oursGivesTheSameLogits(method: String) throws {
    let model = try TinyModels.safetensors()
    var configuration = AdapterConfiguration(method: method)
    if method == "lora" { configuration.rank = 2 } else { configuration.tokens = 3 }
    let adapter = try configuration.makeAdapter(for: model, seed: 6)
    var generator = RandomGenerator(seed: 7)
    for parameter in adapter.parameters {
      parameter.value =
        parameter.value + .normal(parameter.value.shape, deviation: 0.2, using: &generator)
    }
    let prompts = [[5, 9, 2, 14], [7, 1]]
    let expected = try AdaptedModel(model, adapters: [adapter]).lastLogits(prompts).elements
    let plain = try AdaptedModel(model, adapters: []).lastLogits(prompts).elements
    let kept = try TemporaryFolder()
    try PeftFolder.write(adapter, of: model, to: kept.url)
    let found = try logits(kept.url, prompts)
    #expect(largestDifference(found, expected) < 1e-4)
    #expect(largestDifference(plain, expected) > 1e-2)
  }

  private func logits(_ adapter: URL, _ prompts: [[Int]]) throws -> [Float] {
    let process = Process()
    process.executableURL = URL(filePath: Self.python)
    process.arguments = [
      Self.package.appending(path: "Tests/Fixtures/peft/logits_in_peft.py").path,
      TinyModels.folder.appending(component: "llama-gqa").path, adapter.path, "\(prompts)",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try JSONDecoder().decode([[Float]].self, from: output).flatMap { $0 }
  }
}
