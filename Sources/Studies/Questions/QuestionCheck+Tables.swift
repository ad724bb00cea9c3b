import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeReports

extension QuestionCheck {
  /// Examples, balance, parts in tokens, and what the model solves.
  public var tables: [ResultTable] {
    [exampleTable, balanceTable] + (spans.isEmpty ? [] : [spanTable])
      + (solved.isEmpty ? [] : [solvedTable])
  }

  private var exampleTable: ResultTable {
    ResultTable(
      "Examples.", header: ["", "text", "answer"],
      rows: examples.flatMap { example in
        [["base", shown(example.base), example.baseAnswer.map(shown) ?? ResultTable.nothing]]
          + example.sources.map { ["source", shown($0), ""] }
          + [["base, swapped", "", shown(example.label)]]
      })
  }

  private var balanceTable: ResultTable {
    let all = labels.values.reduce(0, +)
    let names = labels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let rest = names.dropFirst(Self.most)
    func cells(_ name: String, _ count: Int, _ base: Int) -> [String] {
      [name, "\(count)", String(format: "%.1f %%", 100 * Double(count) / Double(all)), "\(base)"]
    }
    return ResultTable(
      "Balance.", header: ["answer", "as label", "share", "as the base's answer"],
      rows: names.prefix(Self.most).map {
        cells(shown($0.key), $0.value, baseAnswers[$0.key] ?? 0)
      }
        + (rest.isEmpty
          ? []
          : [
            cells(
              "\(rest.count) others", rest.reduce(0) { $0 + $1.value },
              rest.reduce(0) { $0 + (baseAnswers[$1.key] ?? 0) })
          ]))
  }

  /// Answers that are told by themselves.
  private static let most = 12

  private var spanTable: ResultTable {
    ResultTable(
      "Parts in tokens.", note: "Of the first pair; base, then sources.",
      header: ["part", "position", "tokens", "as many tokens"],
      rows: spans.map { span in
        [
          span.name, span.positions.map { "\($0)" }.joined(separator: ", "),
          span.tokens.map { $0.joined(separator: "|") }.joined(separator: "  /  "),
          String(format: "%.0f %%", 100 * span.aligned),
        ]
      })
  }

  private var solvedTable: ResultTable {
    func cell(_ accuracy: Accuracy?) -> String { accuracy?.summary ?? ResultTable.nothing }
    return ResultTable(
      "Solved by the model.",
      header: [
        "part", "pairs", "bases right", "sources right", "unsolved", "not aligned", "kept",
      ],
      rows: solved.map { solved in
        [
          solved.part, "\(solved.check.pairs)", cell(solved.check.baseAccuracy),
          cell(solved.check.sourceAccuracy), "\(solved.check.droppedUnsolved)",
          "\(solved.check.droppedUnaligned)", "\(solved.check.kept)",
        ]
      })
  }

  /// One line about the question.
  public var heading: String {
    "\(name): \(variable) changes (of \(variables.joined(separator: ", "))); "
      + "\(counts["train"] ?? 0) pairs to train on, \(counts["test"] ?? 0) to test, with no "
      + "\(disjoint) in common"
  }

  /// A text on one line, its first space visible.
  private func shown(_ text: String) -> String {
    let line = text.replacing("\n", with: "⏎").replacing("\t", with: "⇥")
    return line.hasPrefix(" ") ? "␣" + line.dropFirst() : line
  }
}
