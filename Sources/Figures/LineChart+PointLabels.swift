import Foundation

extension LineChart {
  private static let pointLabelSize = 6.5

  /// Letters the points that have labels, beside their marks where they hide nothing: each label
  /// takes the first free place of right, left, above and below, and the farther ones after that.
  func drawPointLabels(on canvas: Canvas, _ layout: LineChartLayout) {
    let marks = series.indices.flatMap { index in
      series[index].points.filter(\.y.isFinite).map { position(of: $0, in: index, layout) }
    }
    var taken = marks.map { CGRect(x: $0.x - 2.5, y: $0.y - 2.5, width: 5, height: 5) }
    taken += series.indices.flatMap { index in
      series[index].points.compactMap { whisker(of: $0, in: index, layout) }
    }
    for index in series.indices {
      for point in series[index].points where point.y.isFinite {
        guard let label = point.label else { continue }
        let text = Text(label, size: Self.pointLabelSize, color: theme.text)
        let size = canvas.size(of: text)
        let mark = position(of: point, in: index, layout)
        let places = [1.0, 2, 3, 4].flatMap { Self.places(of: size, around: mark, distance: $0) }
        let inside = layout.plot.insetBy(dx: -2, dy: -2)
        let place =
          places.first { place in
            Self.lies(place, in: inside) && !taken.contains { Self.overlaps($0, place) }
          } ?? places[0]
        taken.append(place)
        canvas.draw(text, at: CGPoint(x: place.minX, y: place.minY))
      }
    }
  }

  // Foundation's own ends the program where a rectangle isn't finite, as an interval's may be.

  private static func overlaps(_ a: CGRect, _ b: CGRect) -> Bool {
    a.minX < b.maxX && b.minX < a.maxX && a.minY < b.maxY && b.minY < a.maxY
  }

  private static func lies(_ a: CGRect, in b: CGRect) -> Bool {
    a.minX >= b.minX && a.maxX <= b.maxX && a.minY >= b.minY && a.maxY <= b.maxY
  }

  /// The place of a point's interval where it is drawn as a line.
  private func whisker(of point: Point, in index: Int, _ layout: LineChartLayout) -> CGRect? {
    guard let interval = point.interval, point.y.isFinite, series[index].intervals == .whiskers
    else { return nil }
    let ends = [interval.lowerBound, interval.upperBound].map { value in
      position(of: Point(x: point.x, y: value), in: index, layout)
    }
    return CGRect(x: ends[0].x - 2, y: ends[1].y, width: 4, height: ends[0].y - ends[1].y)
  }

  private static func places(
    of size: CGSize, around mark: CGPoint, distance: Double
  ) -> [CGRect] {
    let shift = (distance - 1) * size.height
    let right = mark.x + 4
    let left = mark.x - 4 - size.width
    let middle = mark.y - size.height / 2
    return [
      CGPoint(x: right, y: middle - shift), CGPoint(x: left, y: middle - shift),
      CGPoint(x: right, y: middle + shift), CGPoint(x: left, y: middle + shift),
      CGPoint(x: mark.x - size.width / 2, y: mark.y - 3 - size.height - shift),
      CGPoint(x: mark.x - size.width / 2, y: mark.y + 3 + shift),
    ].map { CGRect(origin: $0, size: size) }
  }
}
