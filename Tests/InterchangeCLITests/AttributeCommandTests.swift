import Foundation
import Interchange
import Testing

/// `lens`, `direct`, `heads` and `probe` against the library, and what they refuse.
@Suite struct AttributeCommandTests {
  private func files(_ out: TemporaryFile) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: out.url.path))
  }

  @Test func lensEqualsTheLibrary() throws {
    let out = try TemporaryFile(folder: ())
    let result = try Program.run([
      "lens", Program.tiny, "--text", "abc cab", "--answer", "a", "--positions", "-1", "--layers",
      "0,-1", "--top", "2", "--json", "--out", out.url.path,
    ])
    let found = try #require(try result.record().results.lens)
    let model = try LanguageModel(contentsOf: Program.tiny)
    let answer = try model.answerTokens(["a"], after: "abc cab")[0]
    let expected = try model.lens(
      of: "abc cab", layers: [0, model.layers - 1], positions: .last, answer: answer, top: 2)
    #expect(found.rows.map(\.layer) == expected.rows.map(\.layer))
    for (a, b) in zip(found.rows, expected.rows) {
      #expect(a.cells.map { $0.top.map(\.id) } == b.cells.map { $0.top.map(\.id) })
      #expect(abs(a.cells[0].entropy - b.cells[0].entropy) < 1e-5)
      #expect(a.cells[0].answer?.rank == b.cells[0].answer?.rank)
    }
    #expect(
      try files(out).isSuperset(
        of: ["run.json", "lens.png", "lens-divergence.png", "lens-answer.png"]))
    let wrong = try Program.run([
      "lens", Program.tiny, "--text", "abc", "--component", "query_output",
    ])
    #expect(wrong.status == 65 && wrong.errors.contains("what a logit lens reads"))
  }

  @Test func directSumsToTheLogits() throws {
    let out = try TemporaryFile(folder: ())
    let result = try Program.run([
      "direct", Program.tiny, "--text", "abc cab", "--answer", "a", "--other", "b", "--json",
      "--out", out.url.path,
    ])
    let found = try #require(try result.record().results.direct)
    let model = try LanguageModel(contentsOf: Program.tiny)
    let ids = try model.answerTokens(["a", "b"], after: "abc cab")
    let logits = try model.logits(after: "abc cab")
    let difference = Double(logits[0, ids[0]]) - Double(logits[0, ids[1]])
    #expect(abs(found.attribution.sum.mean - difference) < 1e-4)
    #expect(found.attribution.largestGap < 1e-4)
    #expect(
      try files(out).isSuperset(
        of: ["direct-heads.png", "direct-layers.png", "direct-sum.png", "direct-sources.png"]))
    let bare = try Program.run(["direct", Program.tiny, "--text", "abc"])
    #expect(bare.status == 64 && bare.errors.contains("--text needs --answer."))
  }

  /// Over a task they are means of pairs, the base's answer less the source's.
  @Test func directOfATask() throws {
    let taught = try TaughtModel.make()
    let result = try Program.run([
      "direct", taught.url.path, "--pairs", "512", "--limit", "3", "--json",
    ])
    let found = try #require(try result.record().results.direct)
    #expect(found.attribution.count == 3 && found.attribution.sources.isEmpty)
    #expect(found.attribution.largestGap < 1e-4 && found.check != nil)
    let model = try LanguageModel(contentsOf: taught.url.path)
    let data = try TaskData("agreement", count: 512, for: model)
    let pairs = data.train.filter { $0.label != $0.baseLabel }.prefix(3)
    let mean =
      try pairs.reduce(0.0) { sum, pair in
        let logits = try #require(
          try model.run(.lastLogits([pair.base], outputs: [pair.baseLabel, pair.label])).logits)
        return sum + Double(logits[0, 0]) - Double(logits[0, 1])
      } / 3
    #expect(abs(found.attribution.sum.mean - mean) < 1e-4)
  }

  @Test func headsEqualTheLibrary() throws {
    let out = try TemporaryFile(folder: ())
    let result = try Program.run([
      "heads", Program.tiny, "--sequences", "2", "--tokens", "6", "--seed", "5", "--json", "--out",
      out.url.path,
    ])
    let found = try #require(try result.record().results.heads)
    var settings = HeadDetectionSettings()
    (settings.sequences, settings.tokens, settings.seed) = (2, 6, 5)
    let expected = try LanguageModel(contentsOf: Program.tiny).headDetection(settings)
    for (a, b) in zip(found.heads, expected.heads) {
      #expect(a.name == b.name && abs(a.induction - b.induction) < 1e-6)
      #expect(abs((a.copying ?? .nan) - (b.copying ?? .nan)) < 1e-4)
    }
    #expect(found.composition?.pairs.count == expected.composition?.pairs.count)
    #expect(
      try files(out).isSuperset(
        of: ["heads.png", "heads-copying.png", "heads-composition.png"]))
    let once = try Program.run(["heads", Program.tiny, "--text", "abc"])
    #expect(once.status == 65 && once.errors.contains("no token of the text comes a second time"))
    let bare = try Program.run([
      "heads", Program.tiny, "--text", "abcabc", "--without-composition", "--json",
    ])
    #expect(try #require(try bare.record().results.heads).composition == nil)
  }

  private static let rows = (0..<24).map { index in
    let (word, other) = (["a", "b", "c", "d"][index % 4], ["ab", "cab", "dd"][index % 3])
    return
      #"{"text": "\#(other) \#(word)", "label": "\#(index % 2)", "group": "\#(other)\#(index)"}"#
  }

  /// A file of JSON lines in a folder of its own.
  private static func file(_ text: String) throws -> (folder: TemporaryFile, path: String) {
    let folder = try TemporaryFile(folder: ())
    let url = folder.url.appending(component: "texts.jsonl")
    try Data(text.utf8).write(to: url)
    return (folder, url.path)
  }

  @Test func probesOfAFile() throws {
    let (folder, file) = try Self.file(Self.rows.joined(separator: "\n"))
    defer { withExtendedLifetime(folder) {} }
    let out = try TemporaryFile(folder: ())
    let result = try Program.run([
      "probe", Program.tiny, "--task", file, "--layers", "0", "--json", "--out",
      out.url.path,
    ])
    let found = try #require(try result.record().results.probes)
    #expect(found.report.labels == ["0", "1"] && found.report.layers.count == 1)
    // The label follows from the last token, which the first layer knows.
    #expect(found.report.layers[0].test.value == 1)
    #expect(found.type == "token" && found.disjoint == "groups")
    #expect(try files(out).contains("probes.png"))
    let labeled = try Program.run([
      "probe", Program.tiny, "--task", file, "--label", "x",
    ])
    #expect(
      labeled.status == 65 && labeled.errors.contains("a file of labeled texts has one label"))
    let several = try Program.run([
      "probe", Program.tiny, "--task", file, "--position", "all",
    ])
    #expect(several.status == 65 && several.errors.contains("expected one position of each text"))
  }

  /// Files that aren't understood are refused with their line.
  @Test(arguments: [
    (#"{"text": "a b", "lable": "x"}"#, "no 'label'"),
    (#"{"text": "a b", "label": "x", "groop": "y"}"#, "did you mean 'group'?"),
    (#"{"text": "a a", "label": "x", "word": "a"}"#, "found it 2 times"),
    (#"{"text": "a b", "label": "x", "split": "dev"}"#, "expected train or test"),
    (#"{"text": "", "label": "x"}"#, "found an empty one"),
  ])
  func refusesFiles(row: String, reason: String) throws {
    let (folder, file) = try Self.file(row)
    defer { withExtendedLifetime(folder) {} }
    let result = try Program.run(["probe", Program.tiny, "--task", file])
    #expect(result.status == 65)
    #expect(result.errors.contains(reason), "\(result.errors)")
  }

  @Test func probesOfATask() throws {
    let taught = try TaughtModel.make()
    let arguments = [
      "probe", taught.url.path, "--task", "agreement", "--texts", "64", "--layers", "1",
      "--position", "subject.end", "--json",
    ]
    let found = try #require(try Program.run(arguments).record().results.probes)
    #expect(found.label == "subjectNumber" && found.report.labels == ["plural", "singular"])
    #expect(found.report.layers[0].controls.count == 3)
    let unknown = try Program.run(arguments + ["--label", "tense"])
    #expect(unknown.status == 65 && unknown.errors.contains("tense"))
  }
}
