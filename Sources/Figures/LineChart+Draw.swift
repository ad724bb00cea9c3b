import Foundation

extension LineChart {
  /// Draws the axes, the curves with their intervals, the references and the legend.
  public func draw(on canvas: Canvas) {
    let layout = LineChartLayout(self, measuredOn: canvas)
    let origin = CGPoint(x: Spacing.margin, y: Spacing.margin)
    layout.heading.draw(on: canvas, at: origin, theme: theme)
    drawLegend(on: canvas, layout, at: CGPoint(x: origin.x, y: origin.y + layout.heading.height))
    drawAxes(on: canvas, layout)
    drawReferences(on: canvas, layout)
    // Marks on the border are drawn whole; what lies outside the range is not drawn.
    canvas.clipped(to: layout.plot.insetBy(dx: -3, dy: -3)) {
      let order =
        series.indices.filter { series[$0].isControl }
        + series.indices.filter { !series[$0].isControl }
      for index in order { drawBand(of: index, on: canvas, layout) }
      for index in order { drawCurve(of: index, on: canvas, layout) }
    }
    drawPointLabels(on: canvas, layout)
  }

  private func drawAxes(on canvas: Canvas, _ layout: LineChartLayout) {
    let axes = PlotAxes(plot: layout.plot, theme: theme)
    let (vertical, horizontal) = (layout.verticalTicks, layout.horizontalTicks)
    axes.drawVertical(
      zip(vertical.values, vertical.labels).map {
        PlotAxes.Tick(place: layout.point(0, $0).y, label: $1)
      },
      title: yTitle, titleX: layout.yTitleX, on: canvas)
    axes.drawLines(on: canvas)

    func x(_ index: Int) -> Double { layout.point(horizontal.places[index], 0).x }
    // Categories are lettered together, so that their labels know of one another.
    let categories = layout.categoryLabels
    let shown = categories?.shown ?? Array(horizontal.places.indices)
    axes.drawHorizontal(
      shown.map {
        PlotAxes.Tick(place: x($0), label: categories == nil ? horizontal.labels[$0] : "")
      },
      title: xTitle, titleY: layout.xTitleY, on: canvas)
    categories?.draw(
      on: canvas, below: layout.plot.maxY + Spacing.labels, color: theme.text, place: x)
  }

  /// Dashed lines, their labels at the right moved apart where they would touch.
  private func drawReferences(on canvas: Canvas, _ layout: LineChartLayout) {
    let plot = layout.plot
    let shown = references.filter { layout.verticalScale.range.contains($0.value) }
      .sorted { $0.value > $1.value }
    var free = -Double.infinity
    for reference in shown {
      let y = layout.point(0, reference.value).y
      canvas.line(
        from: CGPoint(x: plot.minX, y: y), to: CGPoint(x: plot.maxX, y: y),
        Stroke(theme.secondaryText, width: 0.6, dashes: [1, 2]))
      var text = LineChartLayout.referenceText(reference.label)
      text.color = theme.secondaryText
      let height = canvas.size(of: text).height
      let top = max(y - height / 2, free)
      canvas.draw(text, at: CGPoint(x: plot.maxX + 4, y: top))
      free = top + height
    }
  }

  private func drawLegend(on canvas: Canvas, _ layout: LineChartLayout, at origin: CGPoint) {
    layout.legend.draw(on: canvas, at: origin, theme: theme) { index, place in
      if hasBand(index) {
        canvas.fill(
          place.insetBy(dx: 0, dy: place.height / 2 - 3),
          with: color(of: index).withOpacity(Self.bandOpacity))
      }
      if series[index].isJoined {
        canvas.line(
          from: CGPoint(x: place.minX, y: place.midY), to: CGPoint(x: place.maxX, y: place.midY),
          lineStroke(of: index))
      }
      if hasMarks(index, layout) {
        drawMark(of: index, at: CGPoint(x: place.midX, y: place.midY), on: canvas)
      }
    }
  }
}
