import Foundation

extension Heatmap {
  public func draw(on canvas: Canvas) {
    let layout = HeatmapLayout(self, measuredOn: canvas)
    let margin = HeatmapLayout.margin
    layout.heading.draw(on: canvas, at: CGPoint(x: margin, y: margin), theme: theme)
    drawCells(on: canvas, layout)
    drawValues(on: canvas, layout)
    canvas.stroke(layout.plot, Stroke(theme.axis))
    drawMarks(on: canvas, layout)
    drawRowLabels(on: canvas, layout)
    drawColumnLabels(on: canvas, layout)
    layout.bar.draw(
      on: canvas, from: layout.barEdge, middle: layout.plot.midY, theme: theme)
  }

  /// A cell's place on the page.
  package func frame(of cell: Cell, _ layout: HeatmapLayout) -> CGRect {
    let line = rowOrder == .firstAtTop ? cell.row : values.count - 1 - cell.row
    return CGRect(
      x: layout.plot.minX + Double(cell.column) * layout.cell.width,
      y: layout.plot.minY + Double(line) * layout.cell.height,
      width: layout.cell.width, height: layout.cell.height)
  }

  private func drawCells(on canvas: Canvas, _ layout: HeatmapLayout) {
    let scale = valueScale
    if hasMissing {
      canvas.hatch(layout.plot, ground: theme.missing, lines: Stroke(theme.missingHatch))
    }
    canvas.clipped(to: layout.plot) {
      for (row, values) in values.enumerated() {
        for (column, value) in values.enumerated() where !value.isNaN {
          let cell = Cell(row: row, column: column)
          let color = colorMap.color(at: scale.position(of: value))
          for area in areas(of: cell, layout) { canvas.fill(area, with: color, crisp: true) }
        }
      }
    }
  }

  /// A cell's place, and strips of it that reach under the measured neighbours drawn after it.
  ///
  /// Viewers blend the borders of areas that only touch, which leaves a hair line. One point is
  /// a pixel of the coarsest screen.
  private func areas(of cell: Cell, _ layout: HeatmapLayout) -> [CGRect] {
    let place = frame(of: cell, layout)
    let overlap = min(1, place.width, place.height)
    var areas = [place]
    if cell.column + 1 < columnLabels.count && !values[cell.row][cell.column + 1].isNaN {
      areas[0].size.width += overlap
    }
    if cell.row + 1 < values.count && !values[cell.row + 1][cell.column].isNaN {
      var strip = place
      strip.size.height += overlap
      if rowOrder == .firstAtBottom { strip.origin.y -= overlap }
      areas.append(strip)
    }
    return areas
  }

  private func drawValues(on canvas: Canvas, _ layout: HeatmapLayout) {
    guard let size = layout.valueSize else { return }
    let scale = valueScale
    let format = NumberFormat(values: Array(values.joined()))
    for (row, values) in values.enumerated() {
      for (column, value) in values.enumerated() where !value.isNaN {
        let place = frame(of: Cell(row: row, column: column), layout)
        let ground = colorMap.color(at: scale.position(of: value))
        canvas.draw(
          Text(format.label(value), size: size, color: ground.contrasting),
          at: CGPoint(x: place.midX, y: place.midY), anchor: .center)
      }
    }
  }

  /// Outlines in black within white, seen on any colour.
  private func drawMarks(on canvas: Canvas, _ layout: HeatmapLayout) {
    for cell in markedCells {
      precondition(
        values.indices.contains(cell.row) && columnLabels.indices.contains(cell.column),
        "Heatmap: expected a marked cell of \(values.count) × \(columnLabels.count), got \(cell)")
      let place = frame(of: cell, layout)
      canvas.stroke(place, Stroke(.white, width: 2.4))
      canvas.stroke(place, Stroke(.black, width: 1.1))
    }
  }

  private func drawRowLabels(on canvas: Canvas, _ layout: HeatmapLayout) {
    let plot = layout.plot
    for row in layout.shownRows {
      let y = frame(of: Cell(row: row, column: 0), layout).midY
      canvas.line(
        from: CGPoint(x: plot.minX - HeatmapLayout.tick, y: y), to: CGPoint(x: plot.minX, y: y),
        Stroke(theme.axis))
      var text = HeatmapLayout.rowText(rowLabels[row])
      text.color = theme.text
      let x = plot.minX - HeatmapLayout.tick - HeatmapLayout.gap
      canvas.draw(text, at: CGPoint(x: x, y: y), anchor: .right)
    }
    if !rowTitle.isEmpty {
      canvas.draw(
        Text(rowTitle, size: HeatmapLayout.titleSize, color: theme.text),
        at: CGPoint(x: layout.rowTitleX, y: plot.midY), anchor: .top, rotation: 90)
    }
  }

  private func drawColumnLabels(on canvas: Canvas, _ layout: HeatmapLayout) {
    let (plot, labels) = (layout.plot, layout.columnLabels)
    func place(_ column: Int) -> Double { plot.minX + (Double(column) + 0.5) * layout.cell.width }
    for column in labels.shown {
      canvas.line(
        from: CGPoint(x: place(column), y: plot.maxY),
        to: CGPoint(x: place(column), y: plot.maxY + HeatmapLayout.tick), Stroke(theme.axis))
    }
    let y = plot.maxY + HeatmapLayout.tick + HeatmapLayout.gap
    labels.draw(on: canvas, below: y, color: theme.text, place: place)
    if !columnTitle.isEmpty {
      canvas.draw(
        Text(columnTitle, size: HeatmapLayout.titleSize, color: theme.text),
        at: CGPoint(x: plot.midX, y: y + labels.depth + 3), anchor: .top)
    }
  }
}
