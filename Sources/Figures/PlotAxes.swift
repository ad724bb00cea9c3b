import Foundation

/// The axes around a chart's plot: grid lines, ticks, labels and titles.
struct PlotAxes {
  /// A place along an axis, in points of the page.
  struct Tick {
    let place: Double
    let label: String
  }

  let plot: CGRect
  let theme: Theme

  /// Draws the vertical axis with its grid lines, and its title from `titleX` on.
  func drawVertical(_ ticks: [Tick], title: String, titleX: Double, on canvas: Canvas) {
    for tick in ticks {
      let y = tick.place
      canvas.line(
        from: CGPoint(x: plot.minX, y: y), to: CGPoint(x: plot.maxX, y: y),
        Stroke(theme.grid, width: 0.4))
      canvas.line(
        from: CGPoint(x: plot.minX - Spacing.tick, y: y), to: CGPoint(x: plot.minX, y: y),
        Stroke(theme.axis))
      canvas.draw(
        Text(tick.label, size: Spacing.labelSize, color: theme.text),
        at: CGPoint(x: plot.minX - Spacing.labels, y: y), anchor: .right)
    }
    canvas.drawTitle(title, upwardsFrom: titleX, middle: plot.midY, theme: theme)
  }

  /// Draws the horizontal axis, with grid lines if asked for, and its title below `titleY`.
  func drawHorizontal(
    _ ticks: [Tick], hasGrid: Bool = false, title: String, titleY: Double, on canvas: Canvas
  ) {
    for tick in ticks {
      let x = tick.place
      if hasGrid {
        canvas.line(
          from: CGPoint(x: x, y: plot.minY), to: CGPoint(x: x, y: plot.maxY),
          Stroke(theme.grid, width: 0.4))
      }
      canvas.line(
        from: CGPoint(x: x, y: plot.maxY), to: CGPoint(x: x, y: plot.maxY + Spacing.tick),
        Stroke(theme.axis))
      if !tick.label.isEmpty {
        canvas.draw(
          Text(tick.label, size: Spacing.labelSize, color: theme.text),
          at: CGPoint(x: x, y: plot.maxY + Spacing.labels), anchor: .top)
      }
    }
    canvas.drawTitle(title, below: titleY, middle: plot.midX, theme: theme)
  }

  /// The lines at the left and below, over the grid.
  func drawLines(on canvas: Canvas) {
    canvas.stroke(
      [
        CGPoint(x: plot.minX, y: plot.minY), CGPoint(x: plot.minX, y: plot.maxY),
        CGPoint(x: plot.maxX, y: plot.maxY),
      ], Stroke(theme.axis))
  }
}

extension Canvas {
  /// Draws an axis's title below its labels, centered.
  func drawTitle(_ title: String, below y: Double, middle: Double, theme: Theme) {
    guard !title.isEmpty else { return }
    draw(
      Text(title, size: Spacing.titleSize, color: theme.text),
      at: CGPoint(x: middle, y: y + Spacing.titleGap), anchor: .top)
  }

  /// Draws an axis's title that reads upwards, its left edge at a place.
  func drawTitle(_ title: String, upwardsFrom x: Double, middle: Double, theme: Theme) {
    guard !title.isEmpty else { return }
    draw(
      Text(title, size: Spacing.titleSize, color: theme.text),
      at: CGPoint(x: x, y: middle), anchor: .top, rotation: 90)
  }
}
