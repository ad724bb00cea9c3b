import Foundation
import Interchange
import Testing

/// A random autoencoder of the tiny model's vectors, in the form of dictionary_learning.
enum TinyAutoencoder {
  static func make() throws -> TemporaryFile {
    let folder = try TemporaryFile(folder: ())
    var generator = RandomGenerator(seed: 3)
    let (width, features) = (16, 24)
    try Safetensors.write(
      [
        ("encoder.weight", .normal([features, width], using: &generator)),
        ("encoder.bias", .normal([features], using: &generator)),
        ("decoder.weight", .normal([width, features], using: &generator)),
        ("bias", .normal([width], using: &generator)),
      ], metadata: [:], to: folder.url.appending(component: "ae.safetensors"))
    return folder
  }
}

/// `features` and `mask`.
@Suite struct FeatureCommandTests {
  @Test func featuresOfAText() throws {
    let autoencoder = try TinyAutoencoder.make()
    let call = [
      "features", Program.tiny, "--sae", autoencoder.url.path, "--layer", "1", "--text",
      "abc abc cab",
    ]
    let found = try Program.run(call + ["--features", "3,5", "--clamp", "3=4", "--json"])
    #expect(found.status == 0, "\(found.errors)")
    let results = try #require(try found.json()["results"] as? [String: Any])
    let features = try #require(results["features"] as? [String: Any])
    #expect((features["features"] as? [Any])?.count == 2)
    #expect((features["explained"] as? Double)?.isFinite == true)
    #expect((features["clamping"] as? [String: Any]) != nil)
    let shown = try Program.run(call)
    #expect(shown.output.contains("variance explained") && shown.output.contains("«"))
  }

  @Test func badInputIsNamed() throws {
    let autoencoder = try TinyAutoencoder.make()
    let call = ["features", Program.tiny, "--sae", autoencoder.url.path, "--layer", "1"]
    #expect(try Program.run(call).status == 64)
    let missing = try Program.run(call + ["--text", "abc", "--features", "24"])
    #expect(missing.status != 0 && missing.errors.contains("0 to 23"), "\(missing.errors)")
    let clamp = try Program.run(call + ["--text", "abc", "--clamp", "3:4"])
    #expect(clamp.status == 64 && clamp.errors.contains("feature=value"))
    let other = try Program.run([
      "features", Program.tiny, "--sae", Program.tiny, "--layer", "1", "--text", "abc",
    ])
    #expect(other.status != 0 && !other.errors.isEmpty)
  }

  @Test(arguments: [
    ["--unit", "features"], ["--unit", "features", "--basis", "pca"], ["--unit", "sites"],
    ["--unit", "heads", "--site", "attention_value_output"], ["--unit", "positions"],
  ])
  func masks(options: [String]) throws {
    let taught = try TaughtModel.make()
    let found = try Program.run(
      [
        "mask", taught.url.path, "--layer", "0-1", "--pairs", "512", "--steps", "3", "--json",
      ] + options)
    #expect(found.status == 0, "\(found.errors)")
    let results = try #require(try found.json()["results"] as? [String: Any])
    let run = try #require((results["alignments"] as? [[String: Any]])?.first)
    let report = try #require(run["report"] as? [String: Any])
    #expect(report["method"] as? String == "mask")
    #expect((report["notes"] as? [String])?.first?.contains("chosen") == true)
  }
}
