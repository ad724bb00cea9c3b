import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeReports

extension TaskExamples.Check {
  /// One line for a reader.
  public var line: String {
    String(
      format: "the model solves %.1f %% of bases, %.1f %% of sources; %d of %d pairs kept"
        + " (%d unsolved, %d not aligned)", 100 * baseAccuracy.value, 100 * sourceAccuracy.value,
      kept, pairs, droppedUnsolved, droppedUnaligned)
  }

  /// The model's answers to the pairs when nothing is swapped, and the share that a constant answer
  /// would reach.
  public var table: ResultTable {
    var rows = [
      ["bases answered rightly"] + baseAccuracy.cells,
      ["sources answered rightly"] + sourceAccuracy.cells,
    ]
    let (most, all) = (labels.values.max() ?? 0, labels.values.reduce(0, +))
    if most > 0, all >= most {
      rows.append(["the most frequent answer alone"] + Accuracy(correct: most, n: all).cells)
    }
    return ResultTable(
      "The pairs.",
      note: "Of \(pairs) pairs \(kept) were kept: \(droppedUnsolved) the model doesn't solve,"
        + " \(droppedUnaligned) have bases and sources of different lengths.",
      header: ["nothing swapped", "share", "95 % interval", "n"], rows: rows)
  }
}
