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

  /// A trained autoencoder is written in a form that `features` reads, and its numbers are kept.
  @Test(arguments: [["--active", "3"], ["--penalty", "0.1"]])
  func anAutoencoderIsTrained(sparsity: [String]) throws {
    let texts = try TemporaryFile(
      Data("abc abc cab\nde abc fg\ncab de abc\nabc cab\nabc cab\n".utf8))
    let folder = try TemporaryFile(folder: ())
    let found = try Program.run(
      [
        "train-features", Program.tiny, "--texts", texts.url.path, "--layer", "1", "--features",
        "12", "--steps", "20", "--test-share", "0.3", "--json", "--out", folder.url.path,
      ] + sparsity)
    #expect(found.status == 0, "\(found.errors)")
    let results = try #require(try found.json()["results"] as? [String: Any])
    let run = try #require(results["autoencoderTraining"] as? [String: Any])
    // The text that occurs twice counts once.
    #expect(run["texts"] as? Int == 3 && run["heldOutTexts"] as? Int == 1)
    let fit = try #require(run["fit"] as? [String: Any])
    #expect((fit["losses"] as? [Double])?.count == 20)
    #expect((fit["explained"] as? Double)?.isFinite == true)
    let shown = try Program.run([
      "features", Program.tiny, "--sae", folder.url.path, "--layer", "1", "--text", "abc abc cab",
    ])
    #expect(shown.status == 0 && shown.errors.contains("autoencoder: SAELens"), "\(shown.errors)")
  }

  @Test func badTrainingsAreNamed() throws {
    let texts = try TemporaryFile(Data("abc abc cab\nde abc\n".utf8))
    let call = ["train-features", Program.tiny, "--texts", texts.url.path, "--layer", "1"]
    let both = try Program.run(call + ["--active", "3", "--penalty", "1"])
    #expect(both.status == 64 && both.errors.contains("either --active or --penalty"))
    let many = try Program.run(call + ["--features", "4", "--active", "5"])
    #expect(many.status != 0 && many.errors.contains("active features: expected 1 to 4, found 5"))
    let layer = try Program.run(call + ["--layer", "99"])
    #expect(layer.status != 0 && !layer.errors.isEmpty)
    let short = try Program.run(call + ["--skip", "99"])
    #expect(short.status != 0 && short.errors.contains("rows: expected at least 2, found 0"))
  }

  /// A reversible network in the place of the rotation, with the controls that it needs.
  @Test func aReversibleNetworkInDAS() throws {
    let taught = try TaughtModel.make()
    let call = [
      "das", taught.url.path, "--layer", "1", "--pairs", "512", "--rank", "2", "--featurizer",
      "reversible",
    ]
    let found = try Program.run(
      call + ["--steps", "3", "--coupling-layers", "2", "--coupling-width", "8", "--json"])
    #expect(found.status == 0, "\(found.errors)")
    let results = try #require(try found.json()["results"] as? [String: Any])
    let run = try #require((results["alignments"] as? [[String: Any]])?.first)
    let report = try #require(run["report"] as? [String: Any])
    #expect(report["method"] as? String == "reversible network" && report["rank"] as? Int == 2)
    let controls = try #require(report["controls"] as? [[String: Any]])
    #expect(controls.contains { $0["name"] as? String == "random_model" })
    for more in [["--boundless"], ["--seeds", "2"], ["--rank", "auto"]] {
      #expect(try Program.run(call + more).status == 64)
    }
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
