import Foundation
import InterchangeFigures
import Testing

/// A small figure with a fixed look.
struct ReferenceFigure: Sendable, CustomTestStringConvertible {
  let name: String
  let figure: any Figure

  var testDescription: String { name }

  /// One of each kind, in both themes, drawn coarsely.
  static let all = [
    ReferenceFigure(name: "heatmap", figure: heatmap),
    ReferenceFigure(name: "heatmap-tokens-dark", figure: tokens),
    ReferenceFigure(name: "attention", figure: attention),
    ReferenceFigure(name: "attention-grid-dark", figure: attentionGrid),
    ReferenceFigure(name: "angles", figure: angles),
    ReferenceFigure(name: "grid", figure: grid),
    ReferenceFigure(name: "lines", figure: lines),
    ReferenceFigure(name: "lines-dark", figure: categories),
    ReferenceFigure(name: "scatter", figure: subspaceMap),
    ReferenceFigure(name: "scatter-dark", figure: coloredMap),
  ]

  static let resolution = 60.0

  static var heatmap: Heatmap {
    let bump = sampleHeatmap(rows: 6, columns: 5)
    var values = bump.values
    values[0] = [.nan, .nan, 0.1, 0.05, .nan]
    var heatmap = Heatmap(
      values: values, rowLabels: bump.rowLabels,
      columnLabels: ["The", "␣key", "␣near", "␣the", "␣cabinets"])
    heatmap.title = "Agreement: interchange of the subject's number"
    heatmap.subtitle = "block output, whole vector, n = 128 pairs"
    heatmap.rowTitle = "layer"
    heatmap.columnTitle = "position"
    heatmap.valueTitle = "accuracy"
    heatmap.range = 0...1
    heatmap.markedCells = [.init(row: 4, column: 4)]
    heatmap.resolution = resolution
    return heatmap
  }

  /// Long tokens of several scripts, a diverging map, values beyond its range.
  static var tokens: Heatmap {
    let tokens = [
      "钥匙在柜子附近", "␣चाबियाँ", "␣unbelievably", "␣ключи", "␣κλειδιά", ",", "鍵は", "␣we",
      "␣are", "␣antidisestablishmentarianism", "↵", "␣the",
    ]
    let values = (0..<8).map { row in
      tokens.indices.map { column in sin(Double(row) * 0.7 + Double(column) * 0.4) * 1.3 }
    }
    var heatmap = Heatmap(
      values: values, rowLabels: (0..<8).map { "\($0 * 4)" }, columnLabels: tokens)
    heatmap.colorMap = .blueRed
    heatmap.range = -1...1
    heatmap.rowTitle = "layer"
    heatmap.valueTitle = "logit difference"
    heatmap.showsValues = false
    heatmap.theme = .dark
    heatmap.resolution = resolution
    return heatmap
  }

  /// Softmax weights that fall with the distance, causal, more slowly for later heads.
  static func weights(of head: Int, count: Int) -> [[Double]] {
    (0..<count).map { query in
      let scores = (0..<count).map { key in
        key > query ? 0 : exp(-Double(query - key) / Double(head + 1)) + (key == 0 ? 0.3 : 0)
      }
      let sum = scores.reduce(0, +)
      return scores.map { $0 / sum }
    }
  }

  private static let sentence = ["The", "␣key", "␣near", "␣the", "␣cabinets", "␣is", "␣red", "."]

  static var attention: Heatmap {
    var heatmap = Heatmap(
      attention: weights(of: 1, count: 8), queries: sentence, keys: sentence)
    heatmap.title = "Layer 3, head 1"
    heatmap.resolution = resolution
    return heatmap
  }

  static var attentionGrid: HeatmapGrid {
    var grid = HeatmapGrid(
      attention: (0..<6).map { weights(of: $0, count: 8) }, titles: (0..<6).map { "head \($0)" },
      queries: sentence, keys: sentence)
    grid.title = "Attention of layer 3"
    grid.colorMap = .magma
    grid.theme = .dark
    grid.resolution = resolution
    return grid
  }

  static var angles: Heatmap {
    let names = (0..<9).map { "layer \(4 + $0 / 3 * 4), seed \($0 % 3)" }
    func angle(_ one: Int, _ other: Int) -> Double {
      if one == other { return 0 }
      return one / 3 == other / 3 ? Double(12 + one + other) : 90 - 150 / Double(one + other)
    }
    let values = (0..<9).map { row in (0..<9).map { angle(row, $0) } }
    var heatmap = Heatmap(
      angles: values, between: names, groups: (0..<9).map { "\($0 / 3)" })
    heatmap.title = "The same subspace from every seed"
    heatmap.resolution = resolution
    return heatmap
  }

  /// Five sites, a last row that is not full, cells that were not measured.
  static var grid: HeatmapGrid {
    var grid = HeatmapGrid(
      panels: (0..<5).map { site in
        var values = sampleHeatmap(rows: 8, columns: 6).values
        for row in 0..<8 {
          for column in 0..<6 {
            values[row][column] *= cos(Double(site) * 0.5)
            if row < 2 && column > site % 6 { values[row][column] = .nan }
          }
        }
        var panel = Heatmap(
          values: values, rowLabels: (0..<8).map(String.init),
          columnLabels: ["The", "␣key", "␣near", "␣the", "␣cabinets", "␣is"])
        panel.title = ["block output", "attention output", "mlp output"][site % 3] + " \(site)"
        return panel
      })
    grid.columns = 3
    grid.showsValues = false
    grid.title = "Logit difference of every site"
    grid.colorMap = .blueRed
    grid.rowTitle = "layer"
    grid.columnTitle = "position"
    grid.valueTitle = "logit difference"
    grid.resolution = resolution
    return grid
  }
}

extension ReferenceFigure {
  static var lines: LineChart {
    var chart = sampleChart()
    var second = LineChart.Series(
      "PCA",
      points: [1.0, 2, 4, 8].map {
        .init(x: $0, y: 0.2 + $0 * 0.08, interval: 0.1 + $0 * 0.08...0.3 + $0 * 0.08)
      })
    second.intervals = .band
    chart.series.append(second)
    chart.title = "Agreement by rank"
    chart.valueRange = 0...1
    chart.resolution = resolution
    return chart
  }

  static var categories: LineChart {
    let scores = LineChart.Series(
      "tuned",
      points: (0..<4).map { place in
        let value = 0.6 + 0.08 * Double(place)
        return .init(x: Double(place), y: value, interval: value - 0.05...value + 0.05)
      })
    var marks = scores
    marks.isJoined = false
    var control = LineChart.Series(
      "untuned model", points: [.init(x: 0, y: 0.45, interval: 0.38...0.52)])
    control.isControl = true
    control.intervals = .band
    var chart = LineChart(series: [marks, control])
    chart.horizontalScale = .categories(["LoReFT", "DiReFT", "LoRA", "prefix tuning"])
    chart.yTitle = "accuracy"
    chart.theme = .dark
    chart.resolution = resolution
    return chart
  }

  /// Base, source and patched activations: a patched one lies where its source does.
  static var subspaceMap: ScatterChart {
    func points(_ shift: Int, _ spread: Double) -> [ScatterChart.Point] {
      (0..<12).map { index in
        let value = (index + shift) % 2
        let angle = Double(index) * 2.4
        return .init(
          x: (value == 0 ? -2 : 2) + cos(angle) * spread, y: 0.5 + sin(angle) * spread,
          value: Double(value))
      }
    }
    let (base, source, patched) = (points(0, 0.9), points(1, 0.8), points(1, 0.45))
    var chart = ScatterChart(
      series: [
        .init("base", points: base, marker: .circle),
        .init("source", points: source, marker: .square),
        .init("patched", points: patched, marker: .triangle),
      ])
    chart.arrows = zip(base, patched).prefix(4).map { .init(from: $0, to: $1) }
    chart.coloring = .categories(["singular", "plural"])
    chart.valueTitle = "subject's number"
    chart.aspect = .equal
    chart.title = "The plane that carries number"
    chart.xTitle = "first coordinate"
    chart.yTitle = "second coordinate"
    chart.resolution = resolution
    return chart
  }

  static var coloredMap: ScatterChart {
    func points(_ radius: Double) -> [ScatterChart.Point] {
      (0..<20).map { index in
        let angle = Double(index) / 20 * 2 * .pi
        return .init(x: radius * cos(angle), y: 2 * radius * sin(angle), value: Double(index))
      }
    }
    var chart = ScatterChart(
      series: [
        .init("base", points: points(1)), .init("source", points: points(1.5), marker: .cross),
      ])
    chart.coloring = .colorMap(.viridis)
    chart.valueTitle = "hour"
    chart.xTitle = "first coordinate"
    chart.yTitle = "layer"
    chart.theme = .dark
    chart.resolution = resolution
    return chart
  }
}
