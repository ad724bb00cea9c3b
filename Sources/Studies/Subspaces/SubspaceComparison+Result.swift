import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension SubspaceComparison {
  /// Each two subspaces beside random ones, then the swaps.
  public var tables: [ResultTable] { [likenessTable] + (swapTable.map { [$0] } ?? []) }

  private var likenessTable: ResultTable {
    ResultTable(
      "Subspaces.",
      note: "Principal angles and shared variance in \(width) dimensions; random subspaces of the "
        + "same ranks beside them, with the value that one pair in twenty passes.",
      header: [
        "subspaces", "ranks", "smallest angle", "mean angle", "random", "shared variance", "random",
      ],
      rows: pairs.map { one, other in
        let (found, random) = (likenesses[one][other], baselines[one][other])
        return [
          "\(names[one]) – \(names[other])", "\(ranks[one]), \(ranks[other])",
          String(format: "%.1f°", found.angles[0]), String(format: "%.1f°", found.meanAngle),
          String(format: "%.1f° (%.1f°)", random.meanAngle, random.smallestAngle),
          String(format: "%.3f", found.sharedVariance),
          String(format: "%.3f (%.3f)", random.sharedVariance, random.highSharedVariance),
        ]
      })
  }

  private var swapTable: ResultTable? {
    swaps.map { swaps in
      ResultTable(
        "Cross-swaps.",
        note: "Interchange intervention accuracy on the test pairs of the line's run, at its site, "
          + "when the column's subspace is swapped.",
        header: ["pairs of"] + names + ["random subspaces"],
        rows: names.indices.map { row in
          [names[row]] + swaps.accuracies[row].map(\.cell) + [swaps.random[row].cell]
        })
    }
  }

  /// The likeness beside the swaps, and the angles of each two.
  public func figures() -> [NamedFigure] {
    [NamedFigure("subspaces", HeatmapGrid(self)), NamedFigure("angles", LineChart(self))]
  }

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "subspaces", title: "Subspaces compared",
        parts: [
          .text(
            "Subspaces that searches found, beside one another. Shared variance is the part of the "
              + "smaller one that lies in the other. A subspace that works on another’s pairs "
              + "carries the other’s variable, too."), .drawn(figures()),
        ] + tables.map(ReportSection.Part.table),
        terms: swaps == nil ? [] : [.iia, .interval, .randomSubspaces])
    ]
  }
}

extension HeatmapGrid {
  /// The shared variance of each two subspaces, and where there are swaps their accuracies; random
  /// subspaces in a column of their own.
  public init(_ comparison: SubspaceComparison) {
    let names = comparison.names
    func panel(_ title: String, _ values: [[Double]]) -> Heatmap {
      var map = Heatmap(values: values, rowLabels: names, columnLabels: names + ["random"])
      (map.title, map.valueTitle, map.range) = (title, "shared variance", 0...1)
      (map.columnBreaks, map.rowOrder, map.hasSquareCells) = ([names.count], .firstAtTop, true)
      return map
    }
    var panels = [
      panel(
        "Shared variance",
        names.indices.map { row in
          let random = comparison.baselines[row].map(\.sharedVariance)
          return comparison.likenesses[row].map(\.sharedVariance)
            + [random.reduce(0, +) / Double(random.count)]
        })
    ]
    if let swaps = comparison.swaps {
      panels.append(
        panel(
          "Accuracy of the swap",
          names.indices.map { swaps.accuracies[$0].map(\.value) + [swaps.random[$0].value] }))
    }
    self.init(panels: panels)
    title = "Subspaces compared"
    let sizes = comparison.swaps?.accuracies.joined().map(\.n) ?? []
    if let least = sizes.min(), let most = sizes.max() {
      subtitle =
        "accuracies of n = " + (least == most ? "\(most)" : "\(least) to \(most)") + " pairs"
    }
    valueTitle = comparison.swaps == nil ? "shared variance" : "share"
    (rowTitle, columnTitle) = ("pairs and site of", "subspace of")
    if comparison.swaps == nil { (rowTitle, columnTitle) = ("subspace", "subspace") }
  }
}

extension LineChart {
  /// The principal angles of each two subspaces, the mean with the smallest and the largest, beside
  /// those of random ones.
  public init(_ comparison: SubspaceComparison) {
    let pairs = comparison.pairs
    var found = Series(
      "found subspaces",
      points: pairs.enumerated().map { place, pair in
        let likeness = comparison.likenesses[pair.0][pair.1]
        return Point(
          x: Double(place), y: likeness.meanAngle,
          interval: likeness.angles[0]...likeness.largestAngle)
      })
    found.isJoined = false
    var random = Series(
      "random subspaces (mean to smallest of 20)",
      points: pairs.enumerated().map { place, pair in
        let baseline = comparison.baselines[pair.0][pair.1]
        return Point(
          x: Double(place), y: baseline.meanAngle,
          interval: min(baseline.smallestAngle, baseline.meanAngle)...baseline.meanAngle)
      })
    (random.isControl, random.isJoined) = (true, false)
    self.init(series: [found, random])
    title = "Principal angles"
    subtitle = "mean, with the smallest and the largest angle"
    yTitle = "degrees"
    horizontalScale = .categories(
      pairs.map { "\(comparison.names[$0.0]) – \(comparison.names[$0.1])" })
    valueRange = 0...90
    pageSize = FigureSize(width: 8.9, height: 8)
  }
}
