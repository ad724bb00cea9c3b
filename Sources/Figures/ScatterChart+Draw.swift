import Foundation

extension ScatterChart {
  /// Draws the axes, the arrows, the points and the legends.
  public func draw(on canvas: Canvas) {
    let layout = ScatterLayout(self, measuredOn: canvas)
    var origin = CGPoint(x: Spacing.margin, y: Spacing.margin)
    layout.heading.draw(on: canvas, at: origin, theme: theme)
    origin.y += layout.heading.height
    drawLegends(on: canvas, layout, at: origin)
    drawAxes(on: canvas, layout)
    // Marks on the border are drawn whole; what lies outside the range is not drawn.
    canvas.clipped(to: layout.plot.insetBy(dx: -3, dy: -3)) {
      for arrow in arrows { draw(arrow, on: canvas, layout) }
      for index in series.indices { drawMarks(of: index, on: canvas, layout) }
    }
    layout.bar?.draw(
      on: canvas, from: layout.barEdge, middle: layout.plot.midY, theme: theme)
  }

  /// Marks in a crowd are smaller.
  var markRadius: Double {
    switch series.reduce(0, { $0 + $1.points.count }) {
    case ...150: 2.4
    case ...600: 1.9
    default: 1.4
    }
  }

  private func drawAxes(on canvas: Canvas, _ layout: ScatterLayout) {
    let (plot, x, y) = (layout.plot, layout.x, layout.y)
    let axes = PlotAxes(plot: plot, theme: theme)
    axes.drawVertical(
      zip(layout.yTicks.values, layout.yTicks.labels).map {
        PlotAxes.Tick(place: plot.maxY - y.position(of: $0) * plot.height, label: $1)
      },
      title: yTitle, titleX: layout.yTitleX, on: canvas)
    axes.drawHorizontal(
      zip(layout.xTicks.places, layout.xTicks.labels).map {
        PlotAxes.Tick(place: plot.minX + x.position(of: $0) * plot.width, label: $1)
      },
      hasGrid: true, title: xTitle, titleY: layout.xTitleY, on: canvas)
    axes.drawLines(on: canvas)
  }

  private func drawMarks(of index: Int, on canvas: Canvas, _ layout: ScatterLayout) {
    let scale = valueScale
    for point in series[index].points where point.x.isFinite && point.y.isFinite {
      let color = color(of: point, in: index, on: scale)
      canvas.draw(
        marker(of: index), at: layout.place(of: point), radius: markRadius, color: color,
        outline: outline(of: color))
    }
  }

  /// The page's color parts marks in a crowd; marks nearly of that color are outlined instead.
  private func outline(of color: Color) -> Color {
    abs(color.lightness - theme.background.lightness) < 20 ? theme.axis : theme.background
  }

  /// An arrow between two marks, left out where they are too near for it to be seen.
  private func draw(_ arrow: Arrow, on canvas: Canvas, _ layout: ScatterLayout) {
    let (start, end) = (layout.place(of: arrow.start), layout.place(of: arrow.end))
    let length = hypot(end.x - start.x, end.y - start.y)
    let (clearance, head) = (markRadius + 1, 3.6)
    guard length.isFinite, length > 2 * clearance + head else { return }
    let direction = CGPoint(x: (end.x - start.x) / length, y: (end.y - start.y) / length)
    func point(_ along: Double, _ across: Double = 0) -> CGPoint {
      CGPoint(
        x: start.x + along * direction.x - across * direction.y,
        y: start.y + along * direction.y + across * direction.x)
    }
    let tip = length - clearance
    canvas.line(
      from: point(clearance), to: point(tip - head * 0.8), Stroke(theme.axis, width: 0.6))
    canvas.fill(
      polygon: [point(tip), point(tip - head, 1.5), point(tip - head, -1.5)], with: theme.axis)
  }

  private func drawLegends(on canvas: Canvas, _ layout: ScatterLayout, at origin: CGPoint) {
    layout.shapes.draw(on: canvas, at: origin, theme: theme) { index, place in
      canvas.draw(
        marker(of: index), at: CGPoint(x: place.midX, y: place.midY), radius: 2.4,
        color: color(in: index))
    }
    guard case .categories(let names) = coloring else { return }
    let below = CGPoint(x: origin.x, y: origin.y + layout.shapes.height)
    layout.categories.draw(on: canvas, at: below, theme: theme) { index, place in
      canvas.fill(
        CGRect(x: place.midX - 3, y: place.midY - 3, width: 6, height: 6),
        with: color(ofCategory: index, among: names.count))
    }
  }
}
