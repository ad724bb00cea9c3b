import Foundation
import Interchange
import Testing

/// The numbers on a page are the record's.
@Suite struct ReportNumbersTests {
  private func page(_ sample: SampleRun) throws -> Markup {
    Markup(try RunReport(sample.record()).html())
  }

  /// 0.94 [0.72, 0.99] and the like, computed here.
  private func cell(_ correct: Int, _ n: Int) -> String {
    let bounds = Accuracy.wilson(correct: correct, n: n)
    return String(
      format: "%.2f [%.2f, %.2f]", Double(correct) / Double(n), bounds.lowerBound,
      bounds.upperBound)
  }

  private func cells(_ correct: Int, _ n: Int = 64) -> [String] {
    let bounds = Accuracy.wilson(correct: correct, n: n)
    return [
      String(format: "%.3f", Double(correct) / Double(n)),
      String(format: "[%.3f, %.3f]", bounds.lowerBound, bounds.upperBound), "\(n)",
    ]
  }

  @Test func sweep() throws {
    let page = try page(.sweep)
    #expect(page.heads.contains(["layer", "␣the", "agreement"]))
    #expect(page.rows.contains(["4", cell(1, 16), cell(15, 16)]))
    #expect(page.rows.contains(["5", cell(2, 16), cell(8, 16)]))
    #expect(page.rows.contains(["4", "-2.50", "3.12"]))
    #expect(page.text.contains("n = 16 in every cell."))
    #expect(page.rows.contains(["bases answered rightly"] + cells(90, 96)))
    #expect(page.rows.contains(["the most frequent answer alone"] + cells(44, 84)))
    // Both maps, two by two.
    #expect(page.count(of: "rect") >= 8)
    let said = "layer 4, position 1 (agreement): IIA \(cell(15, 16)), n = 16, logit difference 3.12"
    #expect(page.body.components(separatedBy: "<title>\(said)</title>").count == 3)
    // The upper line is the higher layer; the best cell comes first to the keyboard.
    #expect(page.body.contains("data-line=\"1\" data-column=\"1\" data-first><title>\(said)"))
    #expect(page.body.contains("data-line=\"0\" data-column=\"0\"><title>layer 5, position 0"))
  }

  @Test func severalSweeps() throws {
    let page = try page(.sweeps)
    for place in [
      "block_output", "attention_value_output, head 0", "attention_value_output, head 8",
    ] {
      #expect(page.rows.contains([place, "4", "1 (agreement)", cell(15, 16), "16", "3.12"]))
      #expect(page.text.contains("\(place): interchange intervention accuracy"))
    }
    #expect(page.rows.filter { $0 == ["5", cell(2, 16), cell(8, 16)] }.count == 3)
    #expect(page.text.contains("n = 16 pairs; interchange intervention accuracy."))
    #expect(page.text.contains("n = 16 pairs; logit difference, counterfactual − other answers."))
    // Both grids, of three panels each.
    #expect(page.body.components(separatedBy: "<figure").count == 3)
  }

  @Test func attention() throws {
    let page = try page(.attention)
    #expect(
      page.rows.contains(["3.0", "0.50 agreement (1)", "0.38 ␣b (2)", "0.12 <s> (0)"]))
    #expect(page.rows.contains { $0.first == "20.7" })
    // A grid for layer 3, one map for the only head of layer 20.
    #expect(page.body.components(separatedBy: "<figure").count == 3)
    #expect(page.text.contains("Attention of head 20.7"))
  }

  @Test func alignmentsWithAllControls() throws {
    let page = try page(.alignments)
    #expect(
      page.rows.contains(
        ["2", cell(62, 64), "no change", cell(63, 64), cell(3, 64), cell(7, 64), cell(33, 64)]
          + [cell(31, 64)]))
    let lines: [(String, Int, String)] = [
      ("self swap", 0, "a note on self_swap; found 0.0"),
      ("full vector", 63, "a note on full_vector"),
      ("random subspaces", 3, "a note on random_subspaces; each between 0.031 and 0.062"),
      ("pca", 7, "a note on pca"), ("shuffled sources", 33, "a note on shuffled_sources"),
      ("random model", 31, "a note on random_model"),
    ]
    for (name, correct, note) in lines {
      #expect(page.rows.contains([name] + cells(correct) + [note]), "\(name)")
    }
    #expect(page.rows.contains { $0.starts(with: ["DAS, held out"] + cells(61)) })
    #expect(page.rows.contains { $0.starts(with: ["DAS, train"] + cells(128, 128)) })
    #expect(page.text.contains("40 steps, last loss 0.0125 (mean of ten); ‖RRᵀ − I‖∞ = 2.5e-07."))
    for term in ["Self-swap", "Full vector", "Random subspaces", "PCA", "Shuffled sources"] {
      #expect(page.body.contains("<dt>\(term)</dt>"))
    }
    #expect(page.body.contains("<dt>IIA, interchange intervention accuracy</dt>"))
    #expect(page.body.contains("<dt>95 % interval</dt>"))
  }

  @Test func examinedSubspaces() throws {
    let page = try page(.examined)
    #expect(page.rows.contains { $0.starts(with: ["its subspace"] + cells(64)) })
    #expect(!page.text.contains("DAS, held out"))
    #expect(page.body.contains("<h1>agreement: agreement in the adapter’s subspaces</h1>"))
  }

  @Test func equality() throws {
    let page = try page(.equality)
    #expect(
      page.rows.contains(
        ["agreement", "1", "0.50–0.52", cell(63, 64), cell(3, 64), cell(7, 64), cell(31, 64)]
          + ["no change"]))
    #expect(page.rows.contains(["full vector"] + cells(63) + ["a note on full_vector"]))
  }

  @Test func fineTuning() throws {
    let page = try page(.fineTuning)
    #expect(page.rows == [["agreement", cell(2, 64), cell(63, 64)]])
    #expect(page.text.contains("577 parameters, 0.00043 % of the base."))
  }

  @Test func comparisons() throws {
    let page = try page(.comparisons)
    let metric = "accuracy, n = 64"
    #expect(page.heads.contains { $0.contains(metric) })
    #expect(
      page.rows.contains(
        ["red", "4608", "0.0203", "0.820 ± 0.011", "1.50 ± 0.00", "12", "301"]))
    #expect(page.rows.contains(["most frequent answer", "0", "0", "0.484", "–", "–", "–"]))
    #expect(page.rows.contains(["untuned", "0", "0", "0.469", "1.50", "–", "–"]))
    let run = ["red", "1", "0.828", "–", cells(53)[1], "64", "0.4050", "3", "0.2500", "12", "301"]
    #expect(page.rows.contains(run))
    #expect(page.rows.contains(["red", "0.004", "10", "16", "0.1", "0.0", "–"]))
  }

  @Test func evaluation() throws {
    let page = try page(.evaluation)
    #expect(
      page.rows.contains(["accuracy", "0.9531"]) && page.rows.contains(["macroF1", "undefined"]))
    #expect(page.rows.contains(["right, 95 % interval", Accuracy(correct: 61, n: 64).summary]))
    #expect(page.rows.contains(["perplexity", "1.499"]))
    #expect(page.rows.contains(["without an answer", "2"]))
  }

  @Test func steering() throws {
    let page = try page(.steering)
    #expect(page.rows.contains(["10", "3.500", "0.125", "15/16"]))
    #expect(page.rows.contains(["11", "4.250", "0.250", "–"]))
    #expect(page.rows.contains(["with them", " was␊agreement"]))
    #expect(page.text.contains("found in 16 contrast pairs by the difference of means"))
  }

  @Test func search() throws {
    let page = try page(.search)
    #expect(
      page.rows == [
        ["1", "lora:agreement=4", "12", "512", "0.8750", "0.1250"],
        ["0", "lora:agreement=4", "6", "512", "0.7500", "0.2500"],
        ["0", "lora:agreement=1", "6", "512", "0.5000", "0.5000"],
        ["0", "lora:agreement=2", "6", "512", "–", "–"],
      ])
    #expect(page.text.contains("Best: lora:agreement=4."))
  }

  @Test func growth() throws {
    let page = try page(.growth)
    #expect(
      page.heads == [["layer", "ms", "predicted", "rows"], ["rank", "ms", "predicted", "rows"]])
    #expect(page.rows.filter { $0 == ["8", "95.5", "80.0", "240"] }.count == 2)
    #expect(page.text.contains("reached 202 GFLOP/s") && page.text.contains("read 9.5 GB/s"))
  }

  /// One table for a terminal, for Markdown and for the page.
  @Test func tablesAndTheirColumns() {
    let table = ResultTable(
      "T.", note: "N.", header: ["name", "value", "range", "share", "mixed"],
      rows: [["a", "0.50", "[0.1, 0.9]", "3/4", "1"], ["b", "–", "0.50–0.52", "–", "one"]])
    #expect(
      table.markdown == """
        **T.** N.

        | name | value | range | share | mixed |
        | --- | --- | --- | --- | --- |
        | a | 0.50 | [0.1, 0.9] | 3/4 | 1 |
        | b | – | 0.50–0.52 | – | one |

        """)
    #expect(table.header.indices.map(table.isNumeric) == [false, true, true, true, false])
    #expect(ResultTable(header: ["a"], rows: [["–"]]).isNumeric(0) == false)
  }
}
