import Foundation

/// The labels left of rows of equal height, set so that none touches another.
struct RowLabels {
  let labels: [String]
  /// The labels that are drawn, ascending.
  let shown: [Int]
  let fontSize: Double
  /// The widest label's width with its tick, which is the labels' reach to the left of the cells.
  let width: Double
  private let longest: Double

  /// The smallest font that labels may be set in to have room.
  private static let smallest = 5.5

  /// - Parameters:
  ///   - pitch: a row's height in points.
  ///   - longest: the width in points that a label is cut at.
  init(
    _ labels: [String], pitch: Double, longest: Double = 3.5 * FigureSize.points,
    on canvas: Canvas
  ) {
    func sizes(_ fontSize: Double) -> [CGSize] {
      labels.map {
        canvas.size(of: Text($0, size: fontSize, overflow: .ellipsis(longest)))
      }
    }
    let natural = sizes(Spacing.labelSize)
    let line = natural.map(\.height).max() ?? 0
    self.labels = labels
    self.longest = longest
    if !AxisLabels.areWords(labels) {
      fontSize = Spacing.labelSize
      shown = AxisLabels.thinned(labels, pitch: pitch, needed: line * 0.95)
    } else {
      // A somewhat smaller label is better than a label left out.
      let needed = line * 0.88
      let shrinking = min(max(pitch / needed, Self.smallest / Spacing.labelSize), 1)
      fontSize = Spacing.labelSize * shrinking
      shown = AxisLabels.thinned(
        labels, pitch: pitch, needed: needed * shrinking * (1 - 1e-9))
    }
    let drawn = fontSize < Spacing.labelSize ? sizes(fontSize) : natural
    width = Spacing.labels + (shown.map { drawn[$0].width }.max() ?? 0)
  }

  /// Draws ticks and labels left of an edge; `middle` gives a row's height on the page.
  func draw(on canvas: Canvas, leftOf edge: Double, theme: Theme, middle: (Int) -> Double) {
    for row in shown {
      let y = middle(row)
      canvas.line(
        from: CGPoint(x: edge - Spacing.tick, y: y), to: CGPoint(x: edge, y: y),
        Stroke(theme.axis))
      canvas.draw(
        Text(
          labels[row], size: fontSize, color: theme.text, overflow: .ellipsis(longest)),
        at: CGPoint(x: edge - Spacing.labels, y: y), anchor: .right)
    }
  }
}
