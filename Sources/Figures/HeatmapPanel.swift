import Foundation
import InterchangeBasics

/// The cells of a heatmap in their place on a page, without labels.
struct HeatmapPanel {
  let heatmap: Heatmap
  let colorMap: ColorMap
  let scale: ValueScale
  let theme: Theme
  /// The lettering of values in the cells; nil when they are not written.
  let lettering: CellLettering?
  let plot: CGRect
  let cell: CGSize

  func draw(on canvas: Canvas) {
    drawCells(on: canvas)
    drawValues(on: canvas)
    drawBreaks(on: canvas)
    canvas.stroke(plot, Stroke(theme.axis))
    drawMarks(on: canvas)
  }

  /// A cell's place on the page.
  func frame(of cell: Heatmap.Cell) -> CGRect {
    let line =
      heatmap.rowOrder == .firstAtTop ? cell.row : heatmap.rowLabels.count - 1 - cell.row
    return CGRect(
      x: plot.minX + Double(cell.column) * self.cell.width,
      y: plot.minY + Double(line) * self.cell.height,
      width: self.cell.width, height: self.cell.height)
  }

  private func drawCells(on canvas: Canvas) {
    drawMissing(on: canvas)
    canvas.clipped(to: plot) {
      for (row, values) in heatmap.values.enumerated() {
        for (column, value) in values.enumerated() where !value.isNaN {
          let color = colorMap.color(at: scale.position(of: value))
          for area in areas(of: Heatmap.Cell(row: row, column: column)) {
            canvas.fill(area, with: color, crisp: true)
          }
        }
      }
    }
  }

  /// The hatching under the cells that were not measured; blank cells show the page.
  private func drawMissing(on canvas: Canvas) {
    guard heatmap.hasMissing else { return }
    let lines = Stroke(theme.missingHatch)
    guard !heatmap.blankCells.isEmpty else {
      return canvas.hatch(plot, ground: theme.missing, lines: lines)
    }
    for (row, values) in heatmap.values.enumerated() {
      for (column, value) in values.enumerated() where value.isNaN {
        let cell = Heatmap.Cell(row: row, column: column)
        guard !heatmap.blankCells.contains(cell) else { continue }
        canvas.hatch(frame(of: cell), ground: theme.missing, lines: lines)
      }
    }
  }

  /// A cell's place, and strips of it that reach under the measured neighbors drawn after it.
  ///
  /// Viewers blend the borders of areas that only touch, which leaves a hair line. One point is
  /// a pixel of the coarsest screen.
  private func areas(of cell: Heatmap.Cell) -> [CGRect] {
    let (values, place) = (heatmap.values, frame(of: cell))
    let overlap = min(1, place.width, place.height)
    var areas = [place]
    if cell.column + 1 < values[cell.row].count && !values[cell.row][cell.column + 1].isNaN {
      areas[0].size.width += overlap
    }
    if cell.row + 1 < values.count && !values[cell.row + 1][cell.column].isNaN {
      var strip = place
      strip.size.height += overlap
      if heatmap.rowOrder == .firstAtBottom { strip.origin.y -= overlap }
      areas.append(strip)
    }
    return areas
  }

  private func drawValues(on canvas: Canvas) {
    guard let lettering else { return }
    if let texts = heatmap.cellTexts {
      require(
        texts.map(\.count) == heatmap.values.map(\.count),
        "Heatmap: expected a text for each cell, got \(texts.map(\.count))")
    }
    for (row, values) in heatmap.values.enumerated() {
      for (column, value) in values.enumerated() where !value.isNaN {
        let place = frame(of: Heatmap.Cell(row: row, column: column))
        let ground = colorMap.color(at: scale.position(of: value))
        canvas.draw(
          Text(
            heatmap.cellTexts?[row][column] ?? lettering.format.label(value), size: lettering.size,
            color: ground.contrasting,
            overflow: heatmap.cellTexts == nil ? .none : .ellipsis(place.width - 2)),
          at: CGPoint(x: place.midX, y: place.midY), anchor: .center)
      }
    }
  }

  /// Thin lines between groups, in the text's color within the page's, seen on any color.
  private func drawBreaks(on canvas: Canvas) {
    let (rowCount, columnCount) = (heatmap.rowLabels.count, heatmap.columnLabels.count)
    require(
      heatmap.rowBreaks.allSatisfy { $0 > 0 && $0 < rowCount }
        && heatmap.columnBreaks.allSatisfy { $0 > 0 && $0 < columnCount },
      "Heatmap: expected breaks inside \(rowCount) × \(columnCount) cells, got "
        + "\(heatmap.rowBreaks) and \(heatmap.columnBreaks)")
    let rows = heatmap.rowBreaks.map { row in
      let place = frame(of: Heatmap.Cell(row: row, column: 0))
      let y = heatmap.rowOrder == .firstAtTop ? place.minY : place.maxY
      return (CGPoint(x: plot.minX, y: y), CGPoint(x: plot.maxX, y: y))
    }
    let columns = heatmap.columnBreaks.map { column in
      let x = frame(of: Heatmap.Cell(row: 0, column: column)).minX
      return (CGPoint(x: x, y: plot.minY), CGPoint(x: x, y: plot.maxY))
    }
    for stroke in [Stroke(theme.background, width: 1.5), Stroke(theme.text, width: 0.5)] {
      for (start, end) in rows + columns { canvas.line(from: start, to: end, stroke) }
    }
  }

  /// Outlines in black within white, seen on any color.
  private func drawMarks(on canvas: Canvas) {
    for cell in heatmap.markedCells {
      let (rows, columns) = (heatmap.rowLabels.count, heatmap.columnLabels.count)
      require(
        (0..<rows).contains(cell.row) && (0..<columns).contains(cell.column),
        "Heatmap: expected a marked cell of \(rows) × \(columns), got \(cell)")
      let place = frame(of: cell)
      canvas.stroke(place, Stroke(.white, width: 2.4))
      canvas.stroke(place, Stroke(.black, width: 1.1))
    }
  }
}

/// The lettering of values in cells: one precision and one font for all.
struct CellLettering {
  let size: Double
  let format: NumberFormat

  /// The largest font, up to the labels' own, in which every value has room; nil when the room is
  /// too small to read.
  ///
  /// - Parameter texts: what is written instead of the values, whose height alone has to fit
  init?(of values: [Double], texts: [[String]]? = nil, in cell: CGSize, on canvas: Canvas) {
    guard cell.height >= 6, cell.width >= 8 else { return nil }
    let largest = 6.5
    let format = NumberFormat(values: values)
    if texts != nil {
      self.format = format
      size = largest * min(1, (cell.height - 1) / canvas.size(of: Text("Xg", size: largest)).height)
      guard size >= 4.5, cell.width >= 3 * size else { return nil }
      return
    }
    let labels = Set(values.filter { !$0.isNaN }.map(format.label))
    let sizes = labels.map { canvas.size(of: Text($0, size: largest)) }
    guard let width = sizes.map(\.width).max(), let height = sizes.map(\.height).max() else {
      return nil
    }
    self.format = format
    size = largest * min(1, (cell.width - 5) / width, (cell.height - 1.5) / height)
    guard size >= 6 else { return nil }
  }
}
