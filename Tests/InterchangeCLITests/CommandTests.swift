import Foundation
import Interchange
import InterchangeTestSupport
import Testing

/// The output of commands, against the library and against the reference implementation.
@Suite struct CommandTests {
  @Test func tokensAsTextAndAsJSON() throws {
    let model = try LanguageModel(contentsOf: Program.tiny)
    let text = "abc cab"
    let json = try Program.run(["tokens", Program.tiny, "--text", text, "--json"]).json()
    #expect(json["ids"] as? [Int] == model.encode(text).ids)
    #expect((json["tokens"] as? [String])?.joined() == text)
    #expect(json.count == 2)
    let plain = try Program.run(["tokens", Program.tiny, "--text", text])
    #expect(plain.output.hasPrefix("position  id  token\n       0"))
  }

  @Test func predictEqualsTheLibrary() throws {
    let model = try LanguageModel(contentsOf: Program.tiny)
    let logits = try model.logits(after: "abc")
    let json = try Program.run(["predict", Program.tiny, "--text", "abc", "--top", "3", "--json"])
      .json()
    let top = try #require(json["top"] as? [[String: Any]])
    let expected = model.top(3, of: logits)
    #expect(top.map { $0["id"] as? Int } == expected.map(\.id))
    #expect(top.map { $0["token"] as? String } == expected.map(\.token))
    for (found, wanted) in zip(top, expected) {
      // The same computation in another process: equal but for the rounding of the text.
      #expect(abs(try #require(found["logit"] as? Double) - Double(wanted.logit)) < 1e-5)
      #expect(
        abs(try #require(found["probability"] as? Double) - Double(wanted.probability ?? .nan))
          < 1e-6)
    }
    #expect(json["ids"] as? [Int] == model.encode("abc").ids)
  }

  /// The sites of a LLaMA: nothing stands between its projections and the residual stream, and it
  /// has no experts and no cross-attention.
  private static let components = Component.allCases.filter {
    ![
      .attentionProjection, .mlpProjection, .routerLogits, .expertOutput, .encoderOutput,
      .crossAttentionInput, .crossQueryOutput, .crossKeyOutput, .crossValueOutput,
      .crossAttentionScores, .crossAttentionWeight, .crossHeadOutput, .crossAttentionValueOutput,
      .crossAttentionOutput, .residualMiddleCross,
    ].contains($0)
  }

  @Test(arguments: components)
  func swapAtEverySite(component: Component) throws {
    let model = try LanguageModel(contentsOf: Program.tiny)
    // The embeddings are in the first layer alone, what the head reads and gives in the last.
    let layer = try #require(
      [1, 0, 2].first { model.architecture.hasComponent(component, layer: $0) })
    var arguments = [
      "swap", Program.tiny, "--base", "abc abc", "--source", "acb abd", "--layer", "\(layer)",
      "--position", "-2", "--top", "61", "--json", "--site",
    ]
    var site = Site(component, layer: layer, .index(-2))
    if component.hasHeads {
      arguments += ["head_" + component.rawValue, "--head", "1"]
      site.head = 1
    } else {
      arguments += [component.rawValue]
    }
    let json = try Program.run(arguments).json()
    let swap = try model.interchange(at: site, base: "abc abc", source: "acb abd")
    let top = try #require(json["top"] as? [[String: Any]])
    for prediction in top {
      let id = try #require(prediction["id"] as? Int)
      let logit = try #require(prediction["logit"] as? Double)
      #expect(abs(logit - Double(swap.logits[0, id])) < 1e-5)
    }
    #expect(top.count == 61)
    let touched = try #require(json["touched"] as? [[String: Any]])
    #expect(touched.count == 1)
    #expect(touched[0]["position"] as? Int == swap.base.length - 2)
  }

  /// Of an encoder-decoder what its decoder looks at in the source, in all layers that do.
  @Test func crossAttentionEqualsTheLibrary() throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel("t5", in: place.url)
    let first = try #require(model.architecture.stacks?.encoder.layers)
    let out = place.url.appending(component: "out")
    let arguments = ["attention", model.url.path, "--text", "abc cab", "--target", "bca"]
    let found = try #require(
      try Program.run(
        arguments + ["--layers", "all", "--heads", "0,1", "--json", "--out", out.path]
      ).record().results.attention)
    let expected = try model.crossAttentionPatterns(
      of: "abc cab", target: "bca", layers: Array(first..<model.layers), heads: [0, 1])
    #expect(found.tokens == expected.tokens && found.keys == expected.keys)
    #expect(found.heads.map(\.name) == expected.heads.map(\.name))
    for (a, b) in zip(found.heads, expected.heads) {
      for (a, b) in zip(a.weights.joined(), b.weights.joined()) { #expect(abs(a - b) < 1e-6) }
    }
    for layer in first..<model.layers {
      #expect(
        FileManager.default.fileExists(
          atPath: out.appending(component: "cross-attention-\(layer).png").path))
    }
    let table = try Program.run(arguments + ["--layers", "\(first)", "--heads", "1"])
    let last = try #require(expected.heads[1].weights.last)
    let most = try #require(last.indices.max { last[$0] < last[$1] })
    #expect(
      table.output.contains(
        String(format: "%.2f ", last[most]) + "\(expected.keys[most]) (\(most))"))
    let encoder = try Program.run(arguments + ["--layers", "0"])
    #expect(encoder.status == 65 && encoder.errors.contains("no cross_attention_weight"))
    let decoder = try Program.run([
      "attention", Program.tiny, "--text", "abc", "--target", "c", "--layers", "all",
    ])
    #expect(decoder.status == 65 && decoder.errors.contains("no component"))
  }

  @Test func attentionEqualsTheLibrary() throws {
    let out = try TemporaryFile(folder: ())
    let result = try Program.run([
      "attention", Program.tiny, "--text", "abc cab", "--layers", "0,2", "--heads", "1-2", "--json",
      "--out", out.url.path,
    ])
    let found = try #require(try result.record().results.attention)
    let expected = try LanguageModel(contentsOf: Program.tiny).attentionPatterns(
      of: "abc cab", layers: [0, 2], heads: [1, 2])
    #expect(found.tokens == expected.tokens)
    #expect(found.heads.map(\.name) == ["0.1", "0.2", "2.1", "2.2"])
    for (a, b) in zip(found.heads, expected.heads) {
      for (a, b) in zip(a.weights.joined(), b.weights.joined()) { #expect(abs(a - b) < 1e-6) }
    }
    for layer in [0, 2] {
      #expect(
        FileManager.default.fileExists(
          atPath: out.url.appending(component: "attention-\(layer).png").path))
    }
    let table = try Program.run([
      "attention", Program.tiny, "--text", "abc cab", "--layers", "2", "--heads", "1", "--top",
      "1000000000",
    ])
    let last = try #require(expected.heads[2].weights.last)
    let most = try #require(last.indices.max { last[$0] < last[$1] })
    #expect(
      table.output.contains(
        String(format: "%.2f ", last[most]) + "\(expected.tokens[most]) (\(most))"))
    let wrong = try Program.run([
      "attention", Program.tiny, "--text", "abc", "--layers", "all", "--heads", "4",
    ])
    #expect(wrong.status == 65)
    #expect(
      wrong.errors
        == "interchange: head 4 is out of range: attention_weight has heads 0 to 3\n")
  }

  @Test func inspectNamesEverySite() throws {
    let json = try Program.run(["inspect", Program.tiny, "--json"]).json()
    let sites = try #require(json["sites"] as? [[String: Any]])
    #expect(sites.compactMap { $0["name"] as? String } == Self.components.map(\.rawValue))
    #expect(json["layers"] as? Int == 3)
    #expect((json["identity"] as? String)?.hasPrefix("xxh64:") == true)
  }

  /// A tuned adapter is written, read again and used; its record and figures are redrawn the same.
  @Test func finetuneGenerateAndFigure() throws {
    let data = try TemporaryFile(
      Data((#"{"prompt":"abc","completion":"cc"}"# + "\n\n").utf8))
    let out = try TemporaryFile(folder: ())
    let tuned = try Program.run([
      "finetune", Program.tiny, "--data", data.url.path, "--layers", "1", "--positions", "all",
      "--rank", "4", "--epochs", "200", "--learning-rate", "0.05", "--out", out.url.path, "--json",
    ])
    #expect(tuned.status == 0)
    let comparison = try #require(try tuned.record().results.comparisons?.first)
    let losses = comparison.methods[0].seeds[0].history.losses
    #expect(try #require(losses.last) < 0.7 * (try #require(losses.first)))
    #expect(comparison.methods[0].parameters == 4 * 16 + 4 * 16 + 4)
    // The record is printed as it was written.
    let written = try String(contentsOf: out.url.appending(component: "run.json"), encoding: .utf8)
    #expect(tuned.output == written)

    let plain = try Program.run([
      "generate", Program.tiny, "--prompt", "abc", "--max-tokens", "2", "--json",
    ]).json()
    let adapted = try Program.run([
      "generate", Program.tiny, "--prompt", "abc", "--max-tokens", "2", "--adapter", out.url.path,
      "--json",
    ]).json()
    #expect(plain["text"] as? String == "cx")
    #expect(adapted["text"] as? String == "cc")

    let figure = out.url.appending(component: "fine-tuning-loss.png")
    let first = try Data(contentsOf: figure)
    #expect(try Program.run(["figure", out.url.path]).status == 0)
    #expect(try Data(contentsOf: figure) == first)
    let record = try Program.run(["figure", "--record", figure.path])
    #expect(record.output.contains("\"command\" : \"finetune\""))
  }

  @Test(.enabled(if: Program.hasSmolLM2, "needs the 98 MB model that `make model` fetches"))
  func realModelPredictsAndFindsTheNumber() throws {
    let top = try #require(
      try Program.run([
        "predict", Program.smollm2, "--text", "The capital of France is", "--json",
      ]).json()["top"] as? [[String: Any]])
    #expect(top[0]["token"] as? String == " Paris")
    // Reference: transformers with the same weights widened to float32.
    #expect(abs(try #require(top[0]["logit"] as? Double) - 17.371) < 1e-3)

    let out = try TemporaryFile(folder: ())
    let record = try Program.run([
      "das", Program.smollm2, "--task", "agreement", "--layer", "28", "--position", "-1", "--rank",
      "2", "--pairs", "192", "--out", out.url.path, "--json",
    ]).record()
    let report = try #require(record.results.alignments?.first).report
    #expect(report.test.value >= 0.9 && report.test.n >= 40)
    #expect(report.test.interval[0] < report.test.interval[1])
    func figure(_ kind: ControlKind) throws -> Double {
      try #require(report.control(kind)).iia.value
    }
    #expect(try figure(.randomSubspaces) < 0.2)
    #expect(try figure(.fullVector) > 0.9)
    #expect(try figure(.selfSwap) < 0.05)
    // Chance is one half; 48 pairs leave a deviation of 0.07.
    #expect(try abs(figure(.randomModel) - 0.5) < 0.25)
    #expect(report.control(.selfSwap)?.largestChange == 0)
    let rotation = try Rotation.read(
      contentsOf: out.url.appending(component: "rotation.safetensors")
    ).0
    #expect(rotation.rank == 2 && rotation.orthonormalityError < 1e-5)
  }

  @Test(arguments: [
    "interchange-example-swap", "interchange-example-find-subspace",
    "interchange-example-tune-in-subspace", "interchange-example-emoji",
  ])
  func examplesSayHowTheyAreUsed(program: String) throws {
    let result = try Program.run([], program: program)
    #expect(result.status == 64)
    #expect(result.output.hasPrefix("usage: \(program) MODEL"))
  }

  /// Several components and heads are swept over the same pairs, each as it is alone.
  @Test(.enabled(if: Program.hasSmolLM2, "needs the 98 MB model that `make model` fetches"))
  func sweepsSideBySide() throws {
    let out = try TemporaryFile(folder: ())
    func sweeps(_ options: [String]) throws -> [SweepRun] {
      let result = try Program.run(
        ["sweep", Program.smollm2, "--pairs", "64", "--limit", "2", "--json"] + options)
      return try #require(try result.record().results.sweeps)
    }
    let together = try sweeps([
      "--site", "attention_value_output,value_output", "--head", "0,2", "--out", out.url.path,
    ])
    #expect(
      together.map(\.place)
        == ["attention_value_output, head 0", "attention_value_output, head 2"]
        + ["value_output, head 0", "value_output, head 2"])
    let alone = try sweeps(["--site", "head_attention_value_output", "--head", "2"])
    #expect(alone.count == 1)
    for (a, b) in zip(together[1].result.cells.joined(), alone[0].result.cells.joined()) {
      #expect(abs(try #require(a.logitDifference) - (try #require(b.logitDifference))) < 1e-3)
    }
    #expect(
      FileManager.default.fileExists(atPath: out.url.appending(component: "sweep.png").path))
    let wrong = try Program.run(["sweep", Program.smollm2, "--site", "value_output", "--head", "3"])
    #expect(wrong.status == 65 && wrong.errors.contains("value_output has heads 0 to 2"))
  }

  @Test(.enabled(if: Program.hasSmolLM2, "needs the 98 MB model that `make model` fetches"))
  func examplesOnTheRealModel() throws {
    let swap = try Program.run([Program.smollm2], program: "interchange-example-swap")
    #expect(
      swap.output.hasPrefix("layer 0, position 4 (␣key): ␣are"), "the subject's number is swapped")
    #expect(swap.output.contains("layer 15, position -1 (␣cabinets): ␣is"))
    let das = try Program.run(
      [Program.smollm2, "28"], program: "interchange-example-find-subspace")
    #expect(das.output.hasSuffix("a self-swap changes logits by 0.0\n"))
    let tune = try Program.run(
      [Program.smollm2, "28"], program: "interchange-example-tune-in-subspace")
    #expect(tune.output.hasPrefix("577 parameters, 20 steps\n"))
    #expect(tune.output.contains("after : We know that the key near the cabinet are"))
    #expect(tune.output.contains("after : The capital of France is Paris."))
  }

  @Test(.enabled(if: Program.hasSmolLM2, "needs the 98 MB model that `make model` fetches"))
  func emojiFromTenPairs() throws {
    let emoji = try Program.run([Program.smollm2], program: "interchange-example-emoji")
    #expect(emoji.output.hasPrefix("4612 parameters, 0.0034 % of the base\n"))
    #expect(emoji.output.contains("after : 🌍☀️➡️🔵🌌"), "a pair that it was trained on")
  }
}
