import Foundation

/// The labels along one side of a grid's panels: one set when all panels share it, or one a panel.
struct EdgeLabels<Labels> {
  let isShared: Bool
  private let sets: [Labels]

  init(_ labels: [[String]], set: ([String]) -> Labels) {
    isShared = labels.allSatisfy { $0 == labels[0] }
    sets = (isShared ? [labels[0]] : labels).map(set)
  }

  /// The labels of a panel.
  subscript(index: Int) -> Labels { isShared ? sets[0] : sets[index] }

  fileprivate func largest(_ length: (Labels) -> Double) -> Double {
    sets.map(length).max() ?? 0
  }
}

extension EdgeLabels<RowLabels> {
  /// The labels' reach to the left.
  var width: Double { largest(\.width) }
}

extension EdgeLabels<AxisLabels> {
  /// The labels' reach downward, without their ticks.
  var depth: Double { largest(\.depth) }
  var overhang: (left: Double, right: Double) {
    (largest { $0.overhang.left }, largest { $0.overhang.right })
  }
  /// True when all labels are turned alike.
  var areAlike: Bool { sets.allSatisfy { $0.orientation == sets[0].orientation } }
  /// True when neighbors' labels keep clear of one another because they run in parallel.
  var areSlanted: Bool { sets.contains { $0.orientation == .slanted } }
}

/// The titles of a grid's panels, in one font.
struct PanelTitles {
  let texts: [Text]
  /// The widest's width, not cut.
  let width: Double
  /// Of one line; 0 when there are no titles.
  let height: Double

  /// - Parameter room: the width in points that a title is cut at, after it was set smaller.
  init(_ grid: HeatmapGrid, room: Double, on canvas: Canvas) {
    let (largest, smallest) = (Spacing.labelSize, 5.5)
    let names = grid.panels.map(\.title)
    let natural = names.map { canvas.size(of: Text($0, size: largest)).width }.max() ?? 0
    let size = natural > 0 ? max(smallest, min(largest, largest * room / natural)) : largest
    width = natural * size / largest
    height =
      names.allSatisfy(\.isEmpty) ? 0 : canvas.size(of: Text("X", size: largest)).height
    texts = names.map { Text($0, size: size, overflow: .ellipsis(room)) }
  }
}
