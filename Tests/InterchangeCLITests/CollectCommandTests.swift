import Foundation
import Interchange
import Testing

/// `collect`, `swap --intervention` and `--controls`.
@Suite struct CollectCommandTests {
  private func files(_ out: TemporaryFile) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: out.url.path))
  }

  @Test(arguments: ["safetensors", "npy"]) func textsOfAFile(format: String) throws {
    let folder = try TemporaryFile(folder: ())
    let texts = folder.url.appending(component: "texts.txt")
    try Data("abc abc\n\ncab\nab\n".utf8).write(to: texts)
    let out = try TemporaryFile(folder: ())
    let result = try Program.run([
      "collect", Program.tiny, "--texts", texts.path, "--layers", "0,-1", "--site",
      "block_output,mlp_output", "--format", format, "--json", "--out", out.url.path,
    ])
    let found = try #require(try result.record().results.collection)
    #expect(found.texts == 3 && found.places.count == 4 && found.format == format)
    let names = found.places.map(\.file)
    #expect(names.first == "block_output-0.\(format)" && Set(names).count == 4)
    #expect(try files(out) == Set(names + ["manifest.json", "run.json", "norms.png"]))
    for name in names {
      let size = try Data(contentsOf: out.url.appending(component: name)).count
      #expect(size > found.rows * 16 * 4 && (size - found.rows * 16 * 4) < 1024)
    }
    let shown = try Program.run([
      "collect", Program.tiny, "--texts", texts.path, "--site", "blocks.1.attn.hook_z", "--limit",
      "2", "--out", out.url.path,
    ])
    #expect(shown.status == 0 && shown.output.contains("attention_value_output-1.safetensors"))
    // The earlier run's files went with it.
    #expect(
      try files(out)
        == ["attention_value_output-1.safetensors", "manifest.json", "run.json", "plane.png"])
  }

  @Test func textsOfATask() throws {
    let taught = try TaughtModel.make()
    let out = try TemporaryFile(folder: ())
    let result = try Program.run([
      "collect", taught.url.path, "--task", "agreement", "--limit", "16", "--layers", "1",
      "--positions", "subject.end", "--json", "--out", out.url.path,
    ])
    let found = try #require(try result.record().results.collection)
    #expect(found.rows == 16 && found.label != nil)
    #expect(Set(found.plane?.points.compactMap(\.label) ?? []).count == 2)
  }

  @Test func badInputIsNamed() throws {
    let folder = try TemporaryFile(folder: ())
    let empty = folder.url.appending(component: "empty.txt")
    try Data("\n \n".utf8).write(to: empty)
    let out = folder.url.appending(component: "out").path
    func run(_ more: [String]) throws -> Program.Result {
      try Program.run(["collect", Program.tiny] + more)
    }
    let texts = ["--texts", empty.path, "--out", out]
    let none = try run(texts)
    #expect(none.status == 65 && none.errors.contains("there is no text"))
    try Data("abc\n".utf8).write(to: empty)
    #expect(try run(["--texts", empty.path]).errors.contains("--out: a folder"))
    #expect(try run(["--out", out]).errors.contains("give either --texts or --task"))
    #expect(try run(texts + ["--format", "h5"]).errors.contains("expected safetensors or npy"))
    let site = try run(texts + ["--site", "nonsense"])
    #expect(site.status == 65 && site.errors.contains("no component 'nonsense'"))
    let hook = try run(texts + ["--site", "blocks.1.hook_nonsense"])
    #expect(hook.status == 65 && hook.errors.contains("blocks.1.hook_nonsense"))
    let layer = try run(texts + ["--layers", "9"])
    #expect(layer.status == 65 && layer.errors.contains("layer 9 is out of range"))
    let both = try run(texts + ["--site", "blocks.1.attn.hook_z", "--layers", "1"])
    #expect(both.status == 64 && both.errors.contains("are for components"))
    let file = try run(["--texts", empty.path, "--out", empty.path])
    #expect(file.status != 0 && file.errors.contains(empty.lastPathComponent))
    #expect(!FileManager.default.fileExists(atPath: out + "/manifest.json"))
  }

  @Test func swapWithoutASource() throws {
    let call = ["swap", Program.tiny, "--base", "abc abc", "--layer", "1"]
    let missing = try Program.run(call)
    #expect(missing.status == 64 && missing.errors.contains("--source is needed"))
    let zero = call + ["--intervention", "zero"]
    let found = try Program.run(zero + ["--json"])
    #expect(found.status == 0, "\(found.errors)")
    let json = try found.json()
    #expect(json["source"] == nil && json["logitDifference"] == nil && json["base"] != nil)
    let shown = try Program.run(zero).output
    #expect(!shown.contains("source") && !shown.contains("of the way"))
    #expect(shown.contains("logit of ") && shown.contains("patched"))
    let refused = try Program.run(zero + ["--source", "cab cab"])
    #expect(refused.status == 64 && refused.errors.contains("--source: zero reads no other text"))
    let layer = try Program.run(zero + ["--source-layer", "0"])
    #expect(layer.status == 64 && layer.errors.contains("--source-layer: zero"))
    let nobody = try Program.run(call + ["--intervention", "nobody"])
    #expect(nobody.status == 64 && nobody.errors.contains("--intervention: expected interchange"))
  }

  @Test func swapAtOtherPlaces() throws {
    let model = try LanguageModel(contentsOf: Program.tiny)
    let result = try Program.run([
      "swap", Program.tiny, "--base", "abc abc", "--source", "bac bca", "--layer", "1-2",
      "--source-layer", "0", "--source-site", "mlp_output", "--source-position", "0", "--json",
      "--intervention", "add:2",
    ])
    let run = try model.intervention(
      try ChosenIntervention(parsing: "add:2"), at: (1...2).map { .blockOutput($0, .last) },
      base: "abc abc", source: "bac bca", readAt: .mlpOutput(0, .index(0)))
    let outputs = try #require(try result.json()["outputs"] as? [[String: Any]])
    for output in outputs {
      let id = try #require(output["id"] as? Int)
      let patched = try #require((output["patched"] as? [String: Any])?["logit"] as? Double)
      #expect(abs(patched - Double(run.logits[0, id])) < 1e-5)
    }
  }

  /// The first of each list is the first source's, whatever the order of the layers.
  @Test func swapOfSeveralSources() throws {
    let model = try LanguageModel(contentsOf: Program.tiny)
    let call = [
      "swap", Program.tiny, "--base", "abc abc", "--source", "bac bca", "--source", "cab cba",
    ]
    let options = ["--layer", "2,1", "--position", "0,-1", "--source-position", "1"]
    let json = try Program.run(call + options + ["--json"]).json()
    let run = try model.intervention(
      .interchange,
      at: [
        SourcedSite(
          .blockOutput(2, .index(0)), from: "bac bca", readAt: .blockOutput(2, .index(1))),
        SourcedSite(
          .blockOutput(1, .index(-1)), from: "cab cba", readAt: .blockOutput(1, .index(1))),
      ], base: "abc abc")
    let outputs = try #require(json["outputs"] as? [[String: Any]])
    for output in outputs {
      let id = try #require(output["id"] as? Int)
      let patched = try #require((output["patched"] as? [String: Any])?["logit"] as? Double)
      #expect(abs(patched - Double(run.logits[0, id])) < 1e-5)
    }
    #expect((json["sources"] as? [[Any]])?.count == 2 && json["source"] == nil)
    let shown = try Program.run(call + options)
    #expect(shown.status == 0 && shown.output.contains("the sources’ are"), "\(shown.errors)")
    for (option, value) in [("--layer", "0-2"), ("--position", "0,1,2"), ("--layer", "all")] {
      var other = call + ["--layer", "1", "--position", "0,1"]
      if let place = other.firstIndex(of: option) { other[place + 1] = value }
      let refused = try Program.run(other)
      #expect(refused.status == 64 && refused.errors.contains("\(option): expected"))
    }
  }

  @Test func controlsByName() throws {
    let taught = try TaughtModel.make()
    let call = [
      "das", taught.url.path, "--layer", "1", "--pairs", "512", "--steps", "2", "--json",
    ]
    func report(_ more: [String]) throws -> AlignmentReport {
      let result = try Program.run(call + more)
      return try #require(try result.record().results.alignments?.first?.report)
    }
    let some = try report(["--controls", "self-swap,pca"])
    #expect(some.controls.map(\.name) == ["self_swap", "pca"] && some.divergence != nil)
    let none = try report(["--controls", "none"])
    #expect(none.controls.isEmpty && none.divergence == nil)
    let illusion = try report(["--site", "mlp_hidden", "--controls", "illusion"])
    #expect(illusion.controls.map(\.name) == ["row_space", "null_space"])
    let wrong = try Program.run(call + ["--controls", "selfswap"])
    #expect(wrong.status == 64 && wrong.errors.contains("--controls: expected all, none"))
    let twice = try Program.run(call + ["--controls", "pca", "--no-controls"])
    #expect(twice.status == 64)
  }
}
