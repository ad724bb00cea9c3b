import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeReports

extension TaskExamples.Check {
  /// One line for a reader.
  public var line: String {
    func share(_ accuracy: Accuracy?, _ name: String) -> String? {
      accuracy.map { String(format: "%.1f %% of \(name)", 100 * $0.value) }
    }
    let solved = [share(baseAccuracy, "bases"), share(sourceAccuracy, "sources")].compactMap { $0 }
    return
      (solved.isEmpty
      ? "nothing says what the model should answer without a swap"
      : "the model solves " + solved.joined(separator: ", "))
      + "; \(kept) of \(pairs) pairs kept (" + dropped.joined(separator: ", ") + ")"
  }

  /// What was left out, by its reason.
  private var dropped: [String] {
    ["\(droppedUnsolved) unsolved", "\(droppedUnaligned) not aligned"]
      + [
        (droppedAnswers, "with an answer of several tokens"),
        (droppedPlaces, "without corresponding places"),
      ]
      .compactMap { count, reason in count.map { "\($0) \(reason)" } }
  }

  /// The model's answers to the pairs when nothing is swapped, and the share that a constant answer
  /// would reach.
  public var table: ResultTable {
    var rows = [
      (baseAccuracy, "bases answered rightly"), (sourceAccuracy, "sources answered rightly"),
    ].compactMap { accuracy, name in accuracy.map { [name] + $0.cells } }
    let (most, all) = (labels.values.max() ?? 0, labels.values.reduce(0, +))
    if most > 0, all >= most {
      rows.append(["the most frequent answer alone"] + Accuracy(correct: most, n: all).cells)
    }
    var note =
      "Of \(pairs) pairs \(kept) were kept: \(droppedUnsolved) the model doesn't solve,"
      + " \(droppedUnaligned) have bases and sources of different lengths"
    if let droppedAnswers { note += ", \(droppedAnswers) have an answer of several tokens" }
    if let droppedPlaces {
      note +=
        ", \(droppedPlaces) lack the place that is swapped, or have another number of tokens there"
    }
    return ResultTable(
      "The pairs.", note: note + ".", header: ["nothing swapped", "share", "95 % interval", "n"],
      rows: rows)
  }
}
