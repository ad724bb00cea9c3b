import InterchangeBasics
import InterchangeCircuits
import InterchangeFigures
import InterchangeReports

extension HeadDetection {
  /// The detectors side by side, the copying score, and composition over pairs of layers.
  public func figures() -> [NamedFigure] {
    let attention = NamedFigure("heads", HeatmapGrid(detectorsOf: self))
    let copying =
      heads.allSatisfy { $0.copying != nil }
      ? [NamedFigure("heads-copying", Heatmap(copyingOf: self))] : []
    return [attention] + copying
      + (composition.map { [NamedFigure("heads-composition", HeatmapGrid($0))] } ?? [])
  }

  /// A score of every head: [layers][heads].
  fileprivate func map(_ score: (Head) -> Double?) -> Heatmap {
    let layers = Dictionary(grouping: heads, by: \.layer).sorted { $0.key < $1.key }
    var map = Heatmap(
      values: layers.map { $0.value.map { score($0) ?? .nan } },
      rowLabels: layers.map { "\($0.key)" },
      columnLabels: layers[0].value.map { "\($0.head)" })
    (map.rowTitle, map.columnTitle) = ("layer", "head")
    return map
  }
}

extension HeatmapGrid {
  /// Maps of what heads look at: previous token, duplicate token, induction.
  public init(detectorsOf detection: HeadDetection) {
    self.init(
      panels: HeadDetection.kinds.prefix(3).map { kind in
        var map = detection.map(kind.score)
        map.title = kind.title
        return map
      })
    (title, subtitle) = ("What the heads look at", detection.subject)
    valueTitle = "mean attention"
    (range, columns) = (0...1, 3)
  }

  /// The largest composition score among the heads of two layers, a panel a kind.
  public init(_ composition: HeadComposition) {
    self.init(
      panels: composition.maps.map { map in
        let layers = map.largest.indices.map { "\($0)" }
        var panel = Heatmap(
          values: map.largest.map { $0.map { $0 ?? .nan } }, rowLabels: layers,
          columnLabels: layers)
        panel.blankCells = Set(
          map.largest.indices.flatMap { row in
            map.largest[row].indices.filter { map.largest[row][$0] == nil }.map {
              Heatmap.Cell(row: row, column: $0)
            }
          })
        panel.title = "as \(map.kind.rawValue)"
        panel.hasSquareCells = true
        return panel
      })
    title = "Composition of heads"
    subtitle =
      "the largest score among the heads of two layers; the mark is the mean of random weights"
    (rowTitle, columnTitle, valueTitle) = ("later layer", "earlier layer", "composition score")
    markedValues = [composition.rotated].filter(\.isFinite)
    columns = 3
  }
}

extension Heatmap {
  /// The copying score of each head.
  public init(copyingOf detection: HeadDetection) {
    self = detection.map(\.copying)
    title = "Copying heads"
    subtitle = "Σ λ / Σ |λ| of each head’s map from tokens to logits"
    valueTitle = "copying score"
    (colorMap, range) = (.blueRed, -1...1)
  }
}
