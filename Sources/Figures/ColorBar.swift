import Foundation

/// The bar beside a heatmap that says which color is which value.
struct ColorBar {
  let colorMap: ColorMap
  let scale: ValueScale
  let ticks: Ticks
  let title: Text
  /// The meaning of hatched cells; nil when there are none.
  let missing: Text?
  let missingHeight: Double
  /// The bar alone, its points included.
  let barHeight: Double
  /// All of it, the distance to the cells included.
  let width: Double
  let height: Double
  private let marks: [Double]
  private let ticksWidth: Double

  private static let distance = 11.0
  private static let barWidth = 8.0
  private static let labelSize = 6.5
  private static let point = 5.0
  private static let longest = 7 * FigureSize.points

  /// - Parameters:
  ///   - missing: the meaning of hatched cells; nil when there are none.
  ///   - marks: values that a line across the bar marks.
  ///   - breaksTitle: whether a long title is broken into lines; otherwise it lengthens the bar.
  ///   - plotHeight: the height in points of the plot beside the bar.
  init(
    _ colorMap: ColorMap, _ scale: ValueScale, title: String, missing: String?,
    marks: [Double] = [], plotHeight: Double, breaksTitle: Bool = false, on canvas: Canvas
  ) {
    self.marks = marks.filter { scale.range.contains($0) }
    self.colorMap = colorMap
    self.scale = scale
    let lowest = 1.8 * FigureSize.points
    var text = Text(title, size: Spacing.titleSize, overflow: .ellipsis(Self.longest))
    if breaksTitle, canvas.size(of: text).width > max(lowest, plotHeight) {
      text.overflow = .wrapCentered(max(lowest, plotHeight))
    }
    self.title = text
    let titleSize = canvas.size(of: text)
    // A long title lengthens the bar, so that it touches nothing above and below.
    let least = max(lowest, titleSize.width)
    barHeight = min(max(plotHeight, least), Self.longest)
    ticks = Ticks(in: scale.range, limit: min(max(Int(barHeight / 11), 3), 8))
    self.missing = missing.map { Text($0, size: Self.labelSize, overflow: .wrap(42)) }
    let missingSize = self.missing.map { canvas.size(of: $0) } ?? .zero
    missingHeight = missing == nil ? 0 : 7 + max(missingSize.height, Self.barWidth)

    let tickWidths = ticks.labels.map { canvas.size(of: Text($0, size: Self.labelSize)).width }
    ticksWidth = 4 + (tickWidths.max() ?? 0)
    let titled = title.isEmpty ? ticksWidth : ticksWidth + 4 + titleSize.height
    width = Self.distance + Self.barWidth + max(titled, missing == nil ? 0 : 4 + missingSize.width)
    // Half a line of a label may reach above and below the bar.
    height = barHeight + max(missingHeight, Self.labelSize)
  }

  func draw(on canvas: Canvas, from edge: Double, middle: Double, theme: Theme) {
    let top = middle - (barHeight + missingHeight) / 2
    let outline = CGRect(
      x: edge + Self.distance, y: top, width: Self.barWidth, height: barHeight)
    let above = scale.hasAbove ? Self.point : 0
    let below = scale.hasBelow ? Self.point : 0
    let body = CGRect(
      x: outline.minX, y: top + above, width: outline.width, height: barHeight - above - below)
    canvas.fill(body, upwards: colorMap.controlPoints)
    drawOutline(on: canvas, outline, body, theme)
    drawTicks(on: canvas, body, theme)
    drawMarks(on: canvas, body)
    if !title.string.isEmpty {
      let place = CGPoint(x: body.maxX + ticksWidth + 4, y: outline.midY)
      var text = title
      text.color = theme.text
      canvas.draw(text, at: place, anchor: .top, rotation: 90)
    }
    drawMissing(on: canvas, CGPoint(x: outline.minX, y: outline.maxY + 7), theme)
  }

  /// The bar's frame, with a filled point where values lie outside.
  private func drawOutline(on canvas: Canvas, _ outline: CGRect, _ body: CGRect, _ theme: Theme) {
    var frame = [CGPoint(x: body.minX, y: body.maxY), CGPoint(x: body.minX, y: body.minY)]
    if scale.hasAbove {
      let tip = CGPoint(x: body.midX, y: outline.minY)
      canvas.fill(
        polygon: [frame[1], tip, CGPoint(x: body.maxX, y: body.minY)],
        with: colorMap.color(at: 1))
      frame.append(tip)
    }
    frame += [CGPoint(x: body.maxX, y: body.minY), CGPoint(x: body.maxX, y: body.maxY)]
    if scale.hasBelow {
      let tip = CGPoint(x: body.midX, y: outline.maxY)
      canvas.fill(
        polygon: [frame[0], tip, CGPoint(x: body.maxX, y: body.maxY)],
        with: colorMap.color(at: 0))
      frame.append(tip)
    }
    canvas.stroke(polygon: frame, Stroke(theme.axis))
  }

  private func drawTicks(on canvas: Canvas, _ body: CGRect, _ theme: Theme) {
    for (value, label) in zip(ticks.values, ticks.labels) {
      let y = body.maxY - scale.position(of: value) * body.height
      canvas.line(
        from: CGPoint(x: body.maxX, y: y), to: CGPoint(x: body.maxX + 2, y: y),
        Stroke(theme.axis))
      canvas.draw(
        Text(label, size: Self.labelSize, color: theme.text),
        at: CGPoint(x: body.maxX + 4, y: y), anchor: .left)
    }
  }

  /// Lines in black within white, seen on any color.
  private func drawMarks(on canvas: Canvas, _ body: CGRect) {
    for value in marks {
      let y = body.maxY - scale.position(of: value) * body.height
      let (left, right) = (CGPoint(x: body.minX - 1.5, y: y), CGPoint(x: body.maxX + 1.5, y: y))
      canvas.line(from: left, to: right, Stroke(.white, width: 2.4))
      canvas.line(from: left, to: right, Stroke(.black, width: 1.1))
    }
  }

  private func drawMissing(on canvas: Canvas, _ origin: CGPoint, _ theme: Theme) {
    guard var missing else { return }
    missing.color = theme.text
    let swatch = CGRect(
      origin: origin, size: CGSize(width: Self.barWidth, height: Self.barWidth))
    canvas.hatch(swatch, ground: theme.missing, lines: Stroke(theme.missingHatch))
    canvas.stroke(swatch, Stroke(theme.axis))
    canvas.draw(missing, at: CGPoint(x: swatch.maxX + 4, y: swatch.minY))
  }
}
