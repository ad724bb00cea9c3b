import Foundation

/// A figure's content without its looks, as lines of tab-separated values.
///
/// Titles are lines of their own, numbers have six significant digits, and a value that is missing
/// is `nan`.
struct FigureData {
  private(set) var text = ""

  init(_ figure: any Figure) {
    line([figure.title, figure.subtitle].filter { !$0.isEmpty })
  }

  /// A line, unless it has nothing.
  mutating func line(_ cells: [String]) {
    guard !cells.isEmpty else { return }
    let clean = cells.map { $0.map { $0 == "\t" || $0.isNewline ? " " : $0 } }
    text += clean.map { String($0) }.joined(separator: "\t") + "\n"
  }

  /// A table of numbers with a label for each row and column.
  mutating func table(_ map: Heatmap, titles: String) {
    line([titles] + map.columnLabels)
    for (label, row) in zip(map.rowLabels, map.values) { line([label] + row.map(Self.number)) }
    for cell in map.markedCells {
      line(["marked", map.rowLabels[cell.row], map.columnLabels[cell.column]])
    }
  }

  static func number(_ value: Double) -> String {
    // No digit that depends on the sign of nothing.
    value == 0 ? "0" : value.isNaN ? "nan" : String(format: "%.6g", value)
  }
}

extension Heatmap {
  /// The titles and the table of values, as tab-separated lines.
  public var tabSeparatedData: String {
    var data = FigureData(self)
    data.line([valueTitle].filter { !$0.isEmpty })
    data.table(self, titles: "\(rowTitle)/\(columnTitle)")
    return data.text
  }
}

extension HeatmapGrid {
  /// The titles and each panel's table of values, as tab-separated lines.
  public var tabSeparatedData: String {
    var data = FigureData(self)
    data.line([valueTitle].filter { !$0.isEmpty })
    for panel in panels {
      data.line([panel.title].filter { !$0.isEmpty })
      data.table(panel, titles: "\(rowTitle)/\(columnTitle)")
    }
    return data.text
  }
}

extension LineChart {
  /// The titles and a line for each point, as tab-separated lines.
  public var tabSeparatedData: String {
    var data = FigureData(self)
    for reference in references {
      data.line([reference.label, FigureData.number(reference.value)])
    }
    for series in series {
      data.line([series.name, xTitle, yTitle])
      for point in series.points {
        let bounds = point.interval.map { [$0.lowerBound, $0.upperBound] } ?? []
        data.line(
          [place(named: point.x)] + ([point.y] + bounds).map(FigureData.number)
            + [point.label].compactMap { $0 })
      }
    }
    return data.text
  }

  /// A category's name, or a number.
  private func place(named x: Double) -> String {
    guard case .categories(let names) = horizontalScale, let index = Int(exactly: x),
      names.indices.contains(index)
    else { return FigureData.number(x) }
    return names[index]
  }
}

extension ScatterChart {
  /// The titles and a line for each point and arrow, as tab-separated lines.
  public var tabSeparatedData: String {
    var data = FigureData(self)
    for series in series {
      data.line([series.name, xTitle, yTitle] + [valueTitle].filter { !$0.isEmpty })
      for point in series.points {
        data.line(([point.x, point.y] + [point.value].compactMap { $0 }).map(FigureData.number))
      }
    }
    for arrow in arrows {
      let ends = [arrow.start, arrow.end]
      data.line(["arrow"] + ends.flatMap { [$0.x, $0.y] }.map(FigureData.number))
    }
    return data.text
  }
}
