import InterchangeBasics

/// A figure that can be drawn together with others of its kind, such as those of several runs.
public protocol ComparableFigure: Figure {
  /// One figure of several: maps side by side on one scale, or curves together.
  ///
  /// - Parameter figures: at least one, each with the name of what it shows
  /// - Throws: `FigureError.notComparable` when they have too little in common.
  static func comparing(_ figures: [(name: String, figure: Self)]) throws(FigureError) -> any Figure
}

/// Several figures of one kind as one.
public enum FigureComparison {
  /// One figure of several.
  ///
  /// - Parameter figures: at least one, each with the name of what it shows
  /// - Throws: `FigureError.notComparable` for figures of different kinds, and where maps have
  ///   different numbers of rows or columns or curves different axes.
  public static func figure(
    of figures: [(name: String, figure: any Figure)]
  ) throws(FigureError) -> any Figure {
    guard let first = figures.first?.figure as? any ComparableFigure else {
      throw .notComparable(
        figure: figures.first?.figure.title ?? "", reason: "they are of a kind of their own")
    }
    return try compare(first, figures)
  }

  private static func compare<Kind: ComparableFigure>(
    _ first: Kind, _ figures: [(name: String, figure: any Figure)]
  ) throws(FigureError) -> any Figure {
    var same: [(name: String, figure: Kind)] = []
    for (name, figure) in figures {
      guard let figure = figure as? Kind else {
        throw .notComparable(figure: first.title, reason: "that of \(name) is of another kind")
      }
      same.append((name, figure))
    }
    return try Kind.comparing(same)
  }

  /// The text that all have, or each one's after its name.
  static func common(_ texts: [(name: String, text: String)]) -> String {
    guard let first = texts.first?.text, texts.contains(where: { $0.text != first }) else {
      return texts.first?.text ?? ""
    }
    return texts.filter { !$0.text.isEmpty }.map { "\($0.name): \($0.text)" }
      .joined(separator: "; ")
  }
}

extension Heatmap: ComparableFigure {
  /// The maps side by side, on one scale.
  public static func comparing(
    _ figures: [(name: String, figure: Heatmap)]
  ) throws(FigureError) -> any Figure {
    try HeatmapGrid.comparing(
      figures.map { name, map -> (name: String, figure: HeatmapGrid) in
        var panel = map
        panel.title = ""
        var grid = HeatmapGrid(panels: [panel])
        (grid.title, grid.subtitle, grid.theme) = (map.title, map.subtitle, map.theme)
        return (name, grid)
      })
  }
}

extension HeatmapGrid: ComparableFigure {
  /// The panels of all side by side, on one scale.
  public static func comparing(
    _ figures: [(name: String, figure: HeatmapGrid)]
  ) throws(FigureError) -> any Figure {
    let first = figures[0].figure
    for (name, grid) in figures {
      func shape(_ grid: HeatmapGrid) -> String {
        "\(grid.panels[0].rowLabels.count) × \(grid.panels[0].columnLabels.count) cells"
      }
      guard shape(grid) == shape(first) else {
        throw .notComparable(
          figure: first.title,
          reason: "\(figures[0].name) has \(shape(first)), \(name) \(shape(grid)); choose the same "
            + "layers and positions")
      }
      guard grid.valueTitle == first.valueTitle else {
        throw .notComparable(
          figure: first.title,
          reason: "\(figures[0].name) shows \(first.valueTitle), \(name) \(grid.valueTitle)")
      }
    }
    var grid = HeatmapGrid(
      panels: figures.flatMap { name, grid in
        grid.panels.map { panel in
          var panel = panel
          panel.title = panel.title.isEmpty ? name : "\(name): \(panel.title)"
          return panel
        }
      })
    grid.title = FigureComparison.common(figures.map { ($0.name, $0.figure.title) })
    grid.subtitle = FigureComparison.common(figures.map { ($0.name, $0.figure.subtitle) })
    (grid.theme, grid.colorMap, grid.range) = (first.theme, first.colorMap, first.range)
    if figures.contains(where: { $0.figure.range != first.range }) { grid.range = nil }
    // One line on the bar says nothing of several runs with different values.
    if figures.contains(where: { $0.figure.markedValues != first.markedValues }) {
      grid.markedValues = Array(Set(figures.flatMap(\.figure.markedValues))).sorted()
    }
    return grid
  }
}

extension LineChart: ComparableFigure {
  /// The curves of all together, on one pair of axes.
  public static func comparing(
    _ figures: [(name: String, figure: LineChart)]
  ) throws(FigureError) -> any Figure {
    let first = figures[0].figure
    for (name, chart) in figures {
      let titles = [(first.yTitle, chart.yTitle), (first.xTitle, chart.xTitle)]
      if let (one, other) = titles.first(where: { $0 != $1 }) {
        throw .notComparable(
          figure: first.title,
          reason: "\(figures[0].name) has the axis “\(one)”, \(name) “\(other)”")
      }
    }
    var chart = first
    let names = figures.map { $0.figure.categories }
    if let own = names[0] {
      var all = own
      for name in names.flatMap({ $0 ?? [] }) where !all.contains(name) { all.append(name) }
      chart.horizontalScale = .categories(all)
    }
    guard names.allSatisfy({ ($0 == nil) == (names[0] == nil) }) else {
      throw .notComparable(figure: first.title, reason: "one has categories, the other numbers")
    }
    chart.series = figures.flatMap { name, figure in
      figure.series.map { series in
        var series = series
        series.name = series.name.isEmpty ? name : "\(name): \(series.name)"
        if let own = figure.categories, case .categories(let all) = chart.horizontalScale {
          for index in series.points.indices {
            guard let place = Int(exactly: series.points[index].x), own.indices.contains(place),
              let shared = all.firstIndex(of: own[place])
            else { continue }
            series.points[index].x = Double(shared)
          }
        }
        return series
      }
    }
    chart.references = []
    let isShared = figures.allSatisfy { $0.figure.references == first.references }
    for (name, figure) in figures {
      for var reference in figure.references where !chart.references.contains(reference) {
        if !isShared { reference.label = "\(name): \(reference.label)" }
        chart.references.append(reference)
      }
    }
    chart.title = FigureComparison.common(figures.map { ($0.name, $0.figure.title) })
    chart.subtitle = FigureComparison.common(figures.map { ($0.name, $0.figure.subtitle) })
    if figures.contains(where: { $0.figure.valueRange != first.valueRange }) {
      chart.valueRange = nil
    }
    return chart
  }

  private var categories: [String]? {
    if case .categories(let names) = horizontalScale { names } else { nil }
  }
}
