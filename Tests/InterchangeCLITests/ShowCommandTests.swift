import Foundation
import Interchange
import Testing

/// `swap`, `sweep`, `figure` and `table`: from one interchange to a paper's figure.
@Suite struct ShowCommandTests {
  private let model: TemporaryFile

  init() throws { model = try TaughtModel.make() }

  private func sweep(_ more: [String]) throws -> Program.Result {
    try Program.run(
      ["sweep", model.url.path, "--pairs", "2048", "--limit", "6", "--seed", "1"] + more)
  }

  /// Base, source and patched predictions are the library's, side by side.
  @Test func swapSideBySide() throws {
    let arguments = [
      "swap", Program.tiny, "--base", "abc abc", "--source", "bac bca", "--layer", "1",
      "--position", "-1", "--top", "3",
    ]
    let model = try LanguageModel(contentsOf: Program.tiny)
    let swap = try model.interchange(
      at: .blockOutput(1, .last), base: "abc abc", source: "bac bca")
    let compared = try swap.compared(top: 3)
    let json = try Program.run(arguments + ["--json"]).json()
    for (name, text) in [("base", "abc abc"), ("source", "bac bca")] {
      let found = try #require(json[name] as? [[String: Any]])
      let expected = model.top(3, of: try model.logits(after: text))
      #expect(found.map { $0["id"] as? Int } == expected.map(\.id))
    }
    let outputs = try #require(json["outputs"] as? [[String: Any]])
    #expect(outputs.map { $0["id"] as? Int } == compared.outputs.map(\.id))
    #expect(
      Set(compared.outputs.map(\.id))
        == Set((compared.base + compared.source + compared.patched).map(\.id)))
    let base = try model.logits(after: "abc abc")
    for output in compared.outputs {
      #expect(
        abs(output.logitChange - Double(swap.logits[0, output.id] - base[0, output.id])) < 1e-6)
    }
    let difference = try #require(compared.logitDifference)
    let (own, other) = (compared.base[0].id, compared.source[0].id)
    #expect(
      abs(difference.patched - Double(swap.logits[0, other] - swap.logits[0, own])) < 1e-6)
    #expect(difference.base <= 0 && difference.source >= 0)
    // The last block's stream at the last position is all that the output is read from.
    let whole = try model.interchange(
      at: .blockOutput(2, .last), base: "abc abc", source: "bac bca"
    ).compared()
    #expect(abs(try #require(whole.logitDifference).share - 1) < 1e-4)
    let text = try Program.run(arguments).output
    let lines = text.split(separator: "\n")
    #expect(lines[0].hasPrefix("patched: ") && lines[1].hasPrefix("answer: "))
    #expect(lines[2].contains("% of the way"))
    #expect(lines[3].contains("logit: base") && lines.count == 4 + compared.outputs.count)
  }

  @Test func layersPositionsAndMetrics() throws {
    let positions = ["--positions", "subject.end,0-1,-1", "--json"]
    let whole = try #require(try sweep(positions).record().results.sweeps?.first)
    let result = try sweep(["--layers", "1-2", "--metric", "kl,iia"] + positions)
    let part = try #require(try result.record().results.sweeps?.first)
    #expect(part.result.layers == [1, 2])
    #expect(part.result.positions == ["subject.end", "0", "1", "-1"])
    #expect(part.positionLabels[0] == "‹subject› end")
    #expect(part.result.metrics == ["kl", "iia"])
    #expect(part.result.measures?.map(\.metric) == ["kl"])
    for layer in 1...2 {
      let cells = (whole.result.cells[layer], part.result.cells[layer - 1])
      #expect(cells.0.map(\.correct) == cells.1.map(\.correct))
    }
    #expect(part.constantAnswer?.n == 6)
    #expect(result.errors.contains("in all, by the time of the first layer"))
    let text = try sweep(["--layers", "1", "--metric", "iia,kl"]).output
    #expect(text.contains("agreement: KL(base ‖ patched), nats.\nlayer"))
  }

  @Test(arguments: [
    (["--metric", "accuracy"], 64, "--metric: expected iia, logit-difference"),
    (["--layers", "3"], 65, "layer 3"), (["--layers", "1-"], 64, "--layers"),
    (["--positions", "object"], 65, "object"), (["--positions", "40"], 65, "40"),
    (["--resume"], 64, "--resume needs --out"),
  ])
  func badUse(arguments: [String], status: Int, words: String) throws {
    let result = try sweep(arguments)
    #expect(Int(result.status) == status && result.errors.contains(words), "\(result.errors)")
  }

  /// Stopped after its first lines, it goes on to the same numbers; with another limit it doesn't.
  @Test func resumedSweep() throws {
    let (whole, cut) = (try TemporaryFile(folder: ()), try TemporaryFile(folder: ()))
    let options = ["--metric", "iia,kl,normalized-logit-difference", "--json", "--out"]
    let unbroken = try sweep(options + [whole.url.path])
    let lines = try Data(contentsOf: whole.url.appending(component: "sweep.jsonl"))
    try lines.prefix(lines.count / 2).write(to: cut.url.appending(component: "sweep.jsonl"))
    let resumed = try sweep(options + [cut.url.path, "--resume"])
    let results = try [unbroken, resumed].map { result in
      try JSONSerialization.data(
        withJSONObject: try result.results(), options: [.sortedKeys])
    }
    #expect(results[0] == results[1])
    #expect(try Data(contentsOf: cut.url.appending(component: "sweep.jsonl")) == lines)
    let other = try Program.run([
      "sweep", model.url.path, "--pairs", "2048", "--limit", "5", "--seed", "1", "--metric",
      "iia,kl,normalized-logit-difference", "--out", cut.url.path, "--resume",
    ])
    #expect(other.status == 65 && other.errors.contains("an earlier sweep had pairs 6"))
  }

  /// A sweep of windows is the library's, says so in its table and figure, and is a journal's own.
  @Test func sweepOfWindows() throws {
    let out = try TemporaryFile(folder: ())
    let options = ["--site", "mlp_output", "--window", "2", "--out", out.url.path]
    let result = try sweep(options + ["--json"])
    let run = try #require(try result.record().results.sweeps?.first)
    #expect(run.result.window == 2 && run.place == "mlp_output, 2 layers")
    let model = try LanguageModel(contentsOf: model.url)
    let data = try TaskData("agreement", count: 2048, for: model, seed: 1)
    let expected = try model.sweep(
      data.train, component: .mlpOutput, window: 2, seed: 1, limit: 6)
    #expect(
      expected.result.cells.map { $0.map(\.correct) } == run.result.cells.map { $0.map(\.correct) })
    let svg = try TemporaryFile(folder: ())
    #expect(
      try Program.run(["figure", out.url.path, "--format", "svg", "--out", svg.url.path]).status
        == 0)
    let other = try sweep(["--site", "mlp_output", "--out", out.url.path, "--resume"])
    #expect(other.status == 65 && other.errors.contains("an earlier sweep had window 2"))
    let table = try Program.run(["table", out.url.path])
    #expect(table.output.contains("mlp_output, 2 layers"))
  }

  @Test func figuresAsAsked() throws {
    let out = try TemporaryFile(folder: ())
    #expect(try sweep(["--metric", "iia,probability", "--out", out.url.path]).status == 0)
    let paper = try TemporaryFile(folder: ())
    func figure(_ more: [String]) throws -> Program.Result {
      try Program.run(["figure", out.url.path, "--out", paper.url.path] + more)
    }
    for format in ["svg", "pdf", "png"] {
      let result = try figure([
        "--only", "sweep", "--format", format, "--width", "84mm", "--layers", "0,-1", "--title",
        "Mine", "--colors", "magma",
      ])
      try #require(result.status == 0, "\(result.errors)")
      let file = paper.url.appending(component: "sweep.\(format)")
      #expect(result.output == file.path + "\n")
      let record = try Program.run(["figure", file.path, "--record"])
      #expect(try record.record().results.sweeps?.first?.result.layers == [0, 2])
    }
    let svg = try String(
      contentsOf: paper.url.appending(component: "sweep.svg"), encoding: .utf8)
    // 84 mm in points.
    #expect(svg.contains("width=\"238.11"))
    let both = try Program.run([
      "figure", out.url.path, paper.url.path, "--out", paper.url.path,
    ])
    #expect(both.status == 65 && both.errors.contains("no record of a run can be read"))
    let together = try Program.run([
      "figure", out.url.path, out.url.path, "--names", "one,other", "--only",
      "sweep,sweep-probability", "--out", paper.url.path, "--json",
    ])
    #expect(together.status == 0 && together.output.contains("sweep-probability.png"))
  }

  @Test(arguments: [
    (["--width", "84"], 64, "--width"), (["--colors", "red"], 64, "--colors: expected viridis"),
    (["--width", "1cm"], 65, "needs"), (["--layers", "7"], 65, "layer 7: this run has layers"),
    (["--only", "loss"], 65, "figure loss: there are sweep"),
    (["--format", "gif"], 64, "--format"), (["--positions", "x"], 65, "position x"),
  ])
  func figuresThatCanNotBe(arguments: [String], status: Int, words: String) throws {
    let out = try TemporaryFile(folder: ())
    #expect(try sweep(["--out", out.url.path]).status == 0)
    let result = try Program.run(["figure", out.url.path] + arguments)
    #expect(Int(result.status) == status && result.errors.contains(words), "\(result.errors)")
  }

  @Test func tablesAsAsked() throws {
    let out = try TemporaryFile(folder: ())
    #expect(try sweep(["--metric", "iia,kl", "--out", out.url.path]).status == 0)
    func table(_ more: [String]) throws -> String {
      let result = try Program.run(["table", out.url.path] + more)
      #expect(result.status == 0, "\(result.errors)")
      return result.output
    }
    let data = try table(["--format", "csv", "--layers", "1", "--positions", "-1"])
      .split(separator: "\n").map { $0.split(separator: ",") }
    #expect(data.count == 2 && data[0].count == data[1].count)
    #expect(data[0].suffix(4) == ["kl", "kl low", "kl high", "kl n"])
    let run = try #require(try RunRecord(folder: out.url).results.sweeps?.first)
    let cell = try #require(run.result.measures?[0].cells[1].last)
    #expect(Double(data[1][data[1].count - 4]) == cell.value)
    #expect(try table(["--format", "tex"]).hasPrefix("% needs \\usepackage{booktabs}\n"))
    #expect(try table(["--format", "md"]).hasPrefix("**agreement: interchange intervention"))
    #expect(try table([]).contains("\nlayer"))
    let files = try Program.run(["figure", out.url.path, "--format", "tex"]).output
    #expect(files.split(separator: "\n").map { $0.suffix(11) } == ["table-1.tex", "table-2.tex"])
    let both = try Program.run(["table", out.url.path, out.url.path, "--format", "csv"]).output
    #expect(both.hasPrefix("run,place,layer,"))
  }

  @Test func nothingIsKeptWithoutAFolder() throws {
    let data = try TemporaryFile(Data(#"{"prompt":"abc","completion":"cc"}"#.utf8))
    let result = try Program.run([
      "finetune", Program.tiny, "--data", data.url.path, "--layers", "1", "--epochs", "1",
    ])
    #expect(result.status == 0)
    #expect(result.errors.contains("note: without --out nothing is kept"))
  }
}
