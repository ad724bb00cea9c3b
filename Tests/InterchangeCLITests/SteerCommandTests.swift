import Foundation
import Interchange
import Testing

/// `interchange steer` against the library.
@Suite struct SteerCommandTests {
  private static let example = Program.package.appending(path: "Examples/Steering/sentiment.jsonl")
    .path

  @Test func fromPairsToAdapterAndControlVector() throws {
    let out = try TemporaryFile(folder: ())
    let result = try Program.run([
      "steer", Program.tiny, "--pairs", Self.example, "--layers", "0-2:2", "--coefficient", "-8",
      "--prompt", "abc", "--max-tokens", "6", "--out", out.url.path, "--json",
    ])
    #expect(result.status == 0)
    #expect(result.errors.contains("layer 0 is left out of the control vector"))
    let json = try #require(try result.results()["steering"] as? [String: Any])
    #expect(json["layers"] as? [Int] == [0, 2])
    #expect(json["pairs"] as? Int == 16 && json["method"] as? String == "mean")
    #expect((json["summaries"] as? [Any])?.count == 2)

    let model = try LanguageModel(contentsOf: Program.tiny)
    let pairs = try ContrastPair.read(Self.example).map {
      $0.encoded(for: model)
    }
    let vectors = try SteeringVectors.compute(from: pairs, model: model, layers: [0, 2]).vectors
    let control = try SteeringVectors(
      contentsOf: out.url.appending(component: "control-vector.gguf"))
    #expect(control.layers == [2])
    let written = try #require(control.vectors[2]).elements
    let computed = try #require(vectors.vectors[2]).elements
    #expect(zip(written, computed).allSatisfy { abs($0 + 8 * $1) < 1e-4 })

    // The adapter steers as the command says.
    let after = try #require(
      (json["continuation"] as? [String: String])?["after"])
    let generated = try Program.run([
      "generate", Program.tiny, "--prompt", "abc", "--max-tokens", "6", "--adapter", out.url.path,
      "--json",
    ]).json()
    #expect(generated["text"] as? String == after)
    let before = try Program.run([
      "generate", Program.tiny, "--prompt", "abc", "--max-tokens", "6", "--json",
    ]).json()
    #expect(before["text"] as? String == (json["continuation"] as? [String: String])?["before"])
    #expect(before["text"] as? String != after)
    let record = try RunRecord(folder: out.url)
    #expect(record.command == "steer" && record.results.steering?.coefficient == -8)
  }

  @Test func givenVectorsSteerTheSame() throws {
    let out = try TemporaryFile(folder: ())
    let common = ["--prompt", "abc", "--max-tokens", "6", "--json"]
    func steering(_ arguments: [String]) throws -> [String: Any] {
      let result = try Program.run(["steer", Program.tiny] + arguments + common)
      return try #require(try result.results()["steering"] as? [String: Any])
    }
    let computed = try steering(
      ["--pairs", Self.example, "--layers", "1", "--method", "pca", "--coefficient", "8"]
        + ["--out", out.url.path])
    let file = out.url.appending(component: "control-vector.gguf").path
    let given = try steering(["--vectors", file])
    #expect(given["coefficient"] as? Double == 1 && given["layers"] as? [Int] == [1])
    #expect(given["method"] == nil && given["summaries"] == nil)
    #expect(
      given["continuation"] as? [String: String] == computed["continuation"] as? [String: String])
  }

  @Test func plainOutput() throws {
    let result = try Program.run([
      "steer", Program.tiny, "--pairs", Self.example, "--layers", "1,2", "--coefficient", "0",
      "--prompt", "abc", "--max-tokens", "2",
    ])
    let lines = result.output.split(separator: "\n")
    #expect(lines[0] == "coefficient 0.0 at layers 1,2")
    #expect(lines[1] == "layer   norm  of the stream's  unseen pairs in order")
    #expect(lines[2].hasPrefix("    1  ") && lines[2].hasSuffix("/16"))
    #expect(lines[4...] == ["before: abccx", "after : abccx"])
  }

  @Test func wrongUseAndInput() throws {
    let path = Self.example
    for arguments in [
      [], ["--pairs", path, "--vectors", path], ["--pairs", path, "--layers", "x"],
      ["--vectors", path, "--method", "pca"], ["--pairs", path, "--coefficient", "nan"],
    ] {
      #expect(try Program.run(["steer", Program.tiny] + arguments).status == 64)
    }
    let file = try TemporaryFile(Data("{\"positive\": \"a\"}\n".utf8))
    for (arguments, line) in [
      (["--pairs", file.url.path], "\(file.url.path): line 1: no field 'negative'"),
      (
        ["--pairs", path, "--layers", "1,7"], "layer 7 is out of range: the model has layers 0 to 2"
      ),
      (
        ["--vectors", Program.tiny],
        "\(Program.tiny): general.architecture: expected controlvector, found llama"
      ),
    ] {
      let result = try Program.run(["steer", Program.tiny] + arguments)
      #expect(result.status == 65 && result.output.isEmpty)
      #expect(result.errors == "interchange: \(line)\n")
    }
  }
}
