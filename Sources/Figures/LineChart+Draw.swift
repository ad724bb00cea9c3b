import Foundation

extension LineChart {
  public func draw(on canvas: Canvas) {
    let layout = LineChartLayout(self, measuredOn: canvas)
    let origin = CGPoint(x: LineChartLayout.margin, y: LineChartLayout.margin)
    layout.heading.draw(on: canvas, at: origin, theme: theme)
    drawLegend(on: canvas, layout, at: CGPoint(x: origin.x, y: origin.y + layout.heading.height))
    drawVerticalAxis(on: canvas, layout)
    drawHorizontalAxis(on: canvas, layout)
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

  private func drawVerticalAxis(on canvas: Canvas, _ layout: LineChartLayout) {
    let plot = layout.plot
    for (value, label) in zip(layout.verticalTicks.values, layout.verticalTicks.labels) {
      let y = layout.point(0, value).y
      canvas.line(
        from: CGPoint(x: plot.minX, y: y), to: CGPoint(x: plot.maxX, y: y),
        Stroke(theme.grid, width: 0.4))
      canvas.line(
        from: CGPoint(x: plot.minX - LineChartLayout.tick, y: y),
        to: CGPoint(x: plot.minX, y: y), Stroke(theme.axis))
      canvas.draw(
        Text(label, size: LineChartLayout.labelSize, color: theme.text),
        at: CGPoint(x: plot.minX - LineChartLayout.tick - LineChartLayout.gap, y: y),
        anchor: .right)
    }
    canvas.stroke(
      [
        CGPoint(x: plot.minX, y: plot.minY), CGPoint(x: plot.minX, y: plot.maxY),
        CGPoint(x: plot.maxX, y: plot.maxY),
      ], Stroke(theme.axis))
    if !yTitle.isEmpty {
      canvas.draw(
        Text(yTitle, size: LineChartLayout.titleSize, color: theme.text),
        at: CGPoint(x: layout.yTitleX, y: plot.midY), anchor: .top, rotation: 90)
    }
  }

  private func drawHorizontalAxis(on canvas: Canvas, _ layout: LineChartLayout) {
    let (plot, ticks) = (layout.plot, layout.horizontalTicks)
    let labelY = plot.maxY + LineChartLayout.tick + LineChartLayout.gap
    func x(_ index: Int) -> Double { layout.point(ticks.places[index], 0).x }
    for index in layout.categoryLabels?.shown ?? Array(ticks.places.indices) {
      canvas.line(
        from: CGPoint(x: x(index), y: plot.maxY),
        to: CGPoint(x: x(index), y: plot.maxY + LineChartLayout.tick), Stroke(theme.axis))
      if layout.categoryLabels == nil {
        canvas.draw(
          Text(ticks.labels[index], size: LineChartLayout.labelSize, color: theme.text),
          at: CGPoint(x: x(index), y: labelY), anchor: .top)
      }
    }
    layout.categoryLabels?.draw(on: canvas, below: labelY, color: theme.text, place: x)
    if !xTitle.isEmpty {
      canvas.draw(
        Text(xTitle, size: LineChartLayout.titleSize, color: theme.text),
        at: CGPoint(x: plot.midX, y: layout.xTitleY), anchor: .top)
    }
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
    for entry in layout.legend.entries {
      var text = entry.text
      text.color = theme.text
      let height = canvas.size(of: text).height
      let left = origin.x + entry.origin.x
      let middle = origin.y + entry.origin.y + height / 2
      let right = left + Legend.sample
      if hasBand(entry.series) {
        let band = CGRect(x: left, y: middle - 3, width: Legend.sample, height: 6)
        canvas.fill(band, with: color(of: entry.series).withOpacity(Self.bandOpacity))
      }
      if series[entry.series].isJoined {
        canvas.line(
          from: CGPoint(x: left, y: middle), to: CGPoint(x: right, y: middle),
          lineStroke(of: entry.series))
      }
      if hasMarks(entry.series, layout) {
        drawMark(of: entry.series, at: CGPoint(x: (left + right) / 2, y: middle), on: canvas)
      }
      canvas.draw(text, at: CGPoint(x: right + 3, y: middle), anchor: .left)
    }
  }
}
