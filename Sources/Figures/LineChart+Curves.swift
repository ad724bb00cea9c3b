import Foundation

extension LineChart {
  static let bandOpacity = 0.18
  private static let markRadius = 1.9

  func hasBand(_ index: Int) -> Bool {
    series[index].intervals == .band && series[index].points.contains { $0.interval != nil }
  }

  /// True when a series reaches from one end of the chart to the other, as a control's band does.
  func spansChart(_ index: Int) -> Bool { series[index].isControl && hasBand(index) }

  /// True when points are marked: not those of a line so dense that its marks would touch, and not
  /// the only point of what spans the chart, as it belongs to no place.
  func hasMarks(_ index: Int, _ layout: LineChartLayout) -> Bool {
    let count = series[index].points.count
    guard series[index].isJoined else { return true }
    return !(spansChart(index) && count == 1) && Double(count) * 5.5 <= layout.plot.width
  }

  func lineStroke(of index: Int) -> Stroke {
    let color = color(of: index)
    return series[index].isControl
      ? Stroke(color, width: 0.9, dashes: [3, 2]) : Stroke(color, width: 1.1)
  }

  /// The band around a curve, interrupted where an interval is missing.
  func drawBand(of index: Int, on canvas: Canvas, _ layout: LineChartLayout) {
    guard series[index].intervals == .band else { return }
    let color = color(of: index).withOpacity(Self.bandOpacity)
    let runs = series[index].points.split {
      $0.interval.map { !($0.lowerBound.isFinite && $0.upperBound.isFinite) } ?? true
    }
    for run in runs {
      var edges = run.compactMap { point in
        point.interval.map { interval in
          let x = place(of: point, in: index, layout)
          return (
            upper: layout.point(x, interval.upperBound), lower: layout.point(x, interval.lowerBound)
          )
        }
      }
      if spansChart(index) {
        let ends = reach(of: run, in: index, layout)
        if let left = ends.left, var edge = edges.first {
          (edge.upper.x, edge.lower.x) = (left, left)
          edges.insert(edge, at: 0)
        }
        if let right = ends.right, var edge = edges.last {
          (edge.upper.x, edge.lower.x) = (right, right)
          edges.append(edge)
        }
      }
      if let only = edges.first, edges.count == 1 {
        // A band of one point has no area: a bar as wide as a mark.
        let height = only.lower.y - only.upper.y
        canvas.fill(
          CGRect(x: only.upper.x - 3, y: only.upper.y, width: 6, height: height), with: color)
      } else {
        canvas.fill(polygon: edges.map(\.upper) + edges.reversed().map(\.lower), with: color)
      }
    }
  }

  /// The line, the whiskers and the marks of a series.
  func drawCurve(of index: Int, on canvas: Canvas, _ layout: LineChartLayout) {
    let line = lineStroke(of: index)
    func position(_ point: Point) -> CGPoint { self.position(of: point, in: index, layout) }
    if series[index].isJoined {
      for run in series[index].points.split(whereSeparator: { !$0.y.isFinite }) {
        var points = run.map(position)
        if spansChart(index), let first = points.first, let last = points.last {
          let ends = reach(of: run, in: index, layout)
          if let left = ends.left { points.insert(CGPoint(x: left, y: first.y), at: 0) }
          if let right = ends.right { points.append(CGPoint(x: right, y: last.y)) }
        }
        if points.count > 1 { canvas.stroke(points, line) }
      }
    }
    if series[index].intervals == .whiskers {
      for point in series[index].points {
        guard let interval = point.interval else { continue }
        let x = position(point).x
        drawWhisker(
          x, layout.point(0, interval.lowerBound).y, layout.point(0, interval.upperBound).y,
          Stroke(line.color, width: 0.8), on: canvas)
      }
    }
    guard hasMarks(index, layout) else { return }
    for point in series[index].points where point.y.isFinite {
      drawMark(of: index, at: position(point), on: canvas)
    }
  }

  /// The chart's ends that a run of points of what spans the chart is drawn to.
  private func reach(
    of run: ArraySlice<Point>, in index: Int, _ layout: LineChartLayout
  ) -> (left: Double?, right: Double?) {
    let points = series[index].points
    return (
      run.startIndex == points.startIndex ? layout.plot.minX : nil,
      run.endIndex == points.endIndex ? layout.plot.maxX : nil
    )
  }

  private func drawWhisker(
    _ x: Double, _ lower: Double, _ upper: Double, _ stroke: Stroke, on canvas: Canvas
  ) {
    guard lower.isFinite && upper.isFinite else { return }
    canvas.line(from: CGPoint(x: x, y: lower), to: CGPoint(x: x, y: upper), stroke)
    for y in [lower, upper] {
      canvas.line(from: CGPoint(x: x - 1.8, y: y), to: CGPoint(x: x + 1.8, y: y), stroke)
    }
  }

  /// Series differ in shape as well as in color, for readers who cannot tell the colors apart.
  func drawMark(of index: Int, at point: CGPoint, on canvas: Canvas) {
    let shapes: [Marker] = [.circle, .square, .triangle, .diamond, .invertedTriangle]
    let number = series[..<index].count { $0.isControl == series[index].isControl }
    canvas.draw(
      shapes[number % shapes.count], at: point, radius: Self.markRadius, color: color(of: index))
  }

  /// A point's place on the page.
  func position(of point: Point, in index: Int, _ layout: LineChartLayout) -> CGPoint {
    layout.point(place(of: point, in: index, layout), point.y)
  }

  /// A point's place along the axis; series that share a category are side by side.
  private func place(of point: Point, in index: Int, _ layout: LineChartLayout) -> Double {
    guard case .categories = horizontalScale, series.count > 1 else { return place(of: point.x) }
    let spread = 0.12 * Double(min(series.count - 1, 4))
    return point.x + (Double(index) / Double(series.count - 1) - 0.5) * spread
  }
}
