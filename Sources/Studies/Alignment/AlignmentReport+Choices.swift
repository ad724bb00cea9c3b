import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeReports

extension DimensionEstimate {
  /// The ranks that were tried, with the accuracies on training pairs.
  public var table: ResultTable {
    ResultTable(
      "The choice of the rank.", note: line,
      header: ["rank", "held-out training pairs", "95 % interval", "n", "pairs of the fits", ""],
      rows: candidates.map { candidate in
        ["\(candidate.rank)"] + candidate.heldOut.cells
          + [
            String(format: "%.3f", candidate.train.value),
            candidate.rank == dimension ? "chosen" : "",
          ]
      })
  }

  /// The dimension with its interval, in a line.
  public var line: String {
    let most = interval[1]
    let range = interval[0] == most ? "\(most)" : "\(interval[0]) to \(most)"
    let published =
      boundary.map { "; the published boundary ended at \($0), wherever its steps left it" } ?? ""
    return
      (doubt.map { "not determined (\($0)); the best guess is \(dimension)" }
      ?? "\(dimension) dimension\(dimension == 1 ? "" : "s"), interval \(range)")
      + ", by accuracy on held-out training pairs" + published + "."
  }
}

extension SeedSpread {
  /// Each seed's accuracy, and the angles to the first seed's subspace.
  public var table: ResultTable {
    ResultTable(
      "Fits of several seeds.", note: line,
      header: ["seed", "IIA", "angle to the first", "shared variance"],
      rows: seeds.indices.map { index in
        let likeness = index == 0 ? nil : likenesses[0][index]
        return [
          "\(seeds[index])", String(format: "%.3f", accuracies.values[index]),
          likeness.map { String(format: "%.1f°", $0.meanAngle) } ?? ResultTable.nothing,
          likeness.map { String(format: "%.3f", $0.sharedVariance) } ?? ResultTable.nothing,
        ]
      })
  }

  /// Mean, deviation and the angle between the subspaces, in a line.
  public var line: String {
    String(
      format: "%d seeds: held-out IIA %.3f ± %.3f (deviation); the subspaces are %.1f° apart in "
        + "the mean, random ones %.1f°.", seeds.count, accuracies.mean, accuracies.deviation,
      meanAngle, baseline.meanAngle)
  }
}

extension SiteSelection {
  /// The sites that were tried, with the accuracies on training pairs.
  public var table: ResultTable {
    ResultTable(
      "The choice of the site.",
      note:
        "Fits on two thirds of the training pairs, judged by the others; no test pair was used.",
      header: ["site", "held-out training pairs", "95 % interval", "n", ""],
      rows: candidates.enumerated().map { place, candidate in
        [candidate.site] + candidate.heldOut.cells + [place == chosen ? "chosen" : ""]
      })
  }
}

extension AlignmentReport {
  /// The divergence of patched activations at each of several sites; nil for one site.
  fileprivate var divergenceTable: ResultTable? {
    guard let siteDivergences, !siteDivergences.isEmpty else { return nil }
    func cells(_ distance: ActivationDivergence.Distance) -> [String] {
      [
        String(format: "%.3g", distance.patched), String(format: "%.3g", distance.natural),
        String(format: "%.2f", distance.beyond),
      ]
    }
    return ResultTable(
      "The divergence of patched activations.",
      note: "Medians of patched vectors and of natural ones, and the share of patched vectors "
        + "beyond 95 % of the natural ones; the swaps of all sites together.",
      header: [
        "site", "nearest: patched", "natural", "beyond 95 %", "Mahalanobis: patched", "natural",
        "beyond 95 %",
      ],
      rows: siteDivergences.map {
        [$0.site] + cells($0.divergence.nearest) + cells($0.divergence.mahalanobis)
      })
  }
}

extension AlignmentRun {
  /// The tables of what was chosen on training pairs, of the seeds, and of the divergence at several
  /// sites.
  public var choices: [ResultTable] {
    [siteSelection?.table, report.dimension?.table, seeds?.table, report.divergenceTable]
      .compactMap { $0 }
  }
}
