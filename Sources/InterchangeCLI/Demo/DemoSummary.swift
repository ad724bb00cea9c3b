import Foundation
import Interchange

/// What the demo found, as text for a terminal and as Markdown.
struct DemoSummary {
  private struct Section {
    let title: String
    let header: [String]
    let rows: [[String]]
    let note: String
  }

  private let sections: [Section]

  init(_ record: RunRecord) {
    sections = [
      record.results.equality.map(Self.equality),
      record.results.alignments.flatMap(Self.alignments),
      record.results.fineTuning.map(Self.fineTuning),
    ].compactMap { $0 }
  }

  var text: String {
    sections.map { section in
      "\n\(section.title)\n\(section.note)\n" + TextTable.aligned(section.rows, header: section.header)
    }.joined(separator: "\n")
  }

  var markdown: String {
    sections.map { section in
      let lines = [section.header, section.header.map { _ in "---" }] + section.rows
      return "**\(section.title)** \(section.note)\n\n"
        + lines.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n") + "\n"
    }.joined(separator: "\n")
  }

  private static func cell(_ accuracy: Accuracy?) -> String {
    guard let accuracy else { return "–" }
    return String(
      format: "%.2f [%.2f, %.2f]", accuracy.value, accuracy.interval[0], accuracy.interval[1])
  }

  private static func equality(_ experiment: EqualityExperiment) -> Section {
    Section(
      title: "Hierarchical equality.",
      header: [
        "variable", "hidden layer", "published", "IIA, held out", "random subspaces", "PCA",
        "random model", "self-swap",
      ],
      rows: experiment.lines.map { line in
        [
          line.variable, "\(line.layer)", line.published ?? "–", cell(line.report.test),
          cell(line.report.control(.randomSubspaces)?.iia),
          cell(line.report.control(.principalComponents)?.iia),
          cell(line.report.control(.randomModel)?.iia), change(line.report),
        ]
      },
      note: "DAS on a perceptron (accuracy \(experiment.networkAccuracy.summary)), 8 dimensions"
        + " swapped in all, n = \(experiment.lines.first?.report.test.n ?? 0); chance is 0.50.")
  }

  private static func alignments(_ runs: [AlignmentRun]) -> Section? {
    guard let first = runs.first else { return nil }
    let check = first.check.map { ", of \($0.pairs) held-out pairs \($0.kept) solved" } ?? ""
    return Section(
      title: "The subject's number in SmolLM2-135M-Instruct.",
      header: ["rank", "DAS, held out"]
        + ControlKind.allCases.map {
          $0.rawValue.replacing("_", with: " ")
        },
      rows: runs.map { run in
        ["\(run.report.rank)", cell(run.report.test)]
          + ControlKind.allCases.map {
            $0 == .selfSwap
              ? change(run.report) : cell(run.report.control($0)?.iia)
          }
      },
      note: "Interchange intervention accuracy at \(first.report.site), \(first.disjoint) disjoint"
        + check + ", n = \(first.report.test.n).")
  }

  private static func change(_ report: AlignmentReport) -> String {
    guard let change = report.control(.selfSwap)?.largestChange else { return "–" }
    return change == 0 ? "no change" : "changes logits by \(change)"
  }

  private static func fineTuning(_ run: FineTuningRun) -> Section {
    Section(
      title: "\(run.method), rank \(run.rank).",
      header: ["share of answers", "before", "after"],
      rows: run.effects.map { [$0.name, cell($0.before), cell($0.after)] },
      note: "Trained to answer in the plural at \(run.site): \(run.parameters) parameters,"
        + String(format: " %.5f %% of the base.", 100 * run.parameterShare))
  }
}
