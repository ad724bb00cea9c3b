import Foundation

/// The labels below an axis with equal distances, set so that none touches another.
package struct AxisLabels {
  /// The direction in which labels read.
  package enum Orientation: Equatable {
    case horizontal
    /// Rising at 45°, the end under its place.
    case slanted
    /// Reading upwards, the end under its place.
    case vertical
  }

  /// The labels of all places, in order.
  package let labels: [String]
  /// The labels that are drawn, ascending.
  package let shown: [Int]
  /// The direction that all labels read in.
  package let orientation: Orientation
  /// The font's size in points.
  package let fontSize: Double
  /// The rule that keeps a label to its room.
  package let overflow: Text.Overflow
  /// The labels' reach below their line, in points.
  package let depth: Double
  /// The labels' reach in points to the left of the first place and to the right of the last.
  package let overhang: (left: Double, right: Double)

  /// The greatest length of a turned label in points.
  private static let longest = 2.8 * FigureSize.points
  /// The smallest font that labels may be set in to have room.
  private static let smallest = 5.5
  private static let slope = 0.5.squareRoot()

  /// - Parameters:
  ///   - pitch: the distance between neighbors, in points.
  ///   - breaksLines: true when labels of several words may take several lines.
  ///   - maySlant: true when labels may reach to the left of their places.
  package init(
    _ labels: [String], pitch: Double, fontSize: Double, breaksLines: Bool = false,
    maySlant: Bool = true, on canvas: Canvas
  ) {
    let cut = Text.Overflow.ellipsis(Self.longest)
    let sizes = labels.map { canvas.size(of: Text($0, size: fontSize, overflow: cut)) }
    let widest = sizes.map(\.width).max() ?? 0
    let line = sizes.map(\.height).max() ?? 0
    let (first, last) = (sizes.first?.width ?? 0, sizes.last?.width ?? 0)

    self.labels = labels
    if widest + 4 <= pitch || !Self.areWords(labels) {
      self.fontSize = fontSize
      orientation = .horizontal
      overflow = cut
      shown = Self.thinned(labels, pitch: pitch, needed: widest + 4)
      depth = line
      overhang = (first / 2, last / 2)
    } else if breaksLines,
      let broken = Self.broken(labels, width: pitch - 2, fontSize: fontSize, on: canvas)
    {
      self.fontSize = broken.fontSize
      orientation = .horizontal
      overflow = .wrapCentered(pitch - 2)
      shown = Array(labels.indices)
      depth = broken.depth
      overhang = (pitch / 2, pitch / 2)
    } else if maySlant && pitch * Self.slope >= line {
      self.fontSize = fontSize
      orientation = .slanted
      overflow = cut
      shown = Array(labels.indices)
      depth = (widest + line / 2) * Self.slope
      // Any of the first labels may reach furthest.
      let reaches = sizes.enumerated().map { index, size in
        (size.width + line / 2) * Self.slope - Double(index) * pitch
      }
      overhang = (reaches.max() ?? 0, line / 2 * Self.slope)
    } else {
      // A somewhat smaller label is better than a label left out.
      let needed = line * 0.88
      let shrinking = min(max(pitch / needed, Self.smallest / fontSize), 1)
      self.fontSize = fontSize * shrinking
      orientation = .vertical
      overflow = cut
      shown = Self.thinned(labels, pitch: pitch, needed: needed * shrinking * (1 - 1e-9))
      depth = shown.map { sizes[$0].width }.max().map { $0 * shrinking } ?? 0
      overhang = (line * shrinking / 2, line * shrinking / 2)
    }
  }

  /// True when the labels aren't rising whole numbers, of which some may be left out. Digits that
  /// are the tokens of a text are words.
  static func areWords(_ labels: [String]) -> Bool {
    let numbers = labels.compactMap { Int($0) }
    return numbers.count < labels.count || zip(numbers, numbers.dropFirst()).contains { $0 >= $1 }
  }

  /// Draws ticks and labels below equal cells, the labels' places in their middles.
  func draw(on canvas: Canvas, below plot: CGRect, theme: Theme) {
    let pitch = plot.width / Double(max(labels.count, 1))
    func place(_ index: Int) -> Double { plot.minX + (Double(index) + 0.5) * pitch }
    for index in shown {
      canvas.line(
        from: CGPoint(x: place(index), y: plot.maxY),
        to: CGPoint(x: place(index), y: plot.maxY + Spacing.tick), Stroke(theme.axis))
    }
    draw(on: canvas, below: plot.maxY + Spacing.labels, color: theme.text, place: place)
  }

  /// Draws the labels below a line; `place` gives a label's place along it.
  func draw(on canvas: Canvas, below y: Double, color: Color, place: (Int) -> Double) {
    for index in shown {
      let text = Text(labels[index], size: fontSize, color: color, overflow: overflow)
      let point = CGPoint(x: place(index), y: y)
      switch orientation {
      case .horizontal: canvas.draw(text, at: point, anchor: .top)
      case .slanted:
        canvas.draw(text, at: point, anchor: Anchor(x: 1, y: 0.35), rotation: 45)
      case .vertical: canvas.draw(text, at: point, anchor: .right, rotation: 90)
      }
    }
  }

  /// The largest font in which every word has room in the width and no label takes over 4 lines.
  private static func broken(
    _ labels: [String], width: Double, fontSize: Double, on canvas: Canvas
  ) -> (fontSize: Double, depth: Double)? {
    for size in stride(from: fontSize, through: smallest, by: -0.5) {
      let words = labels.flatMap { $0.split(separator: " ") }
      let line = canvas.size(of: Text("X", size: size)).height
      let fits = words.allSatisfy { canvas.size(of: Text(String($0), size: size)).width <= width }
      let depth: Double =
        labels.map { canvas.size(of: Text($0, size: size, overflow: .wrapCentered(width))).height }
        .max() ?? 0
      if fits && depth <= 4.5 * line { return (size, depth) }
    }
    return nil
  }

  /// The labels that have room: all of them, or every 2nd, 5th, 10th…
  ///
  /// Numbers are chosen by their value, so that layers read 0, 5, 10 wherever they begin.
  package static func thinned(_ labels: [String], pitch: Double, needed: Double) -> [Int] {
    let least = needed / pitch
    guard least > 1 else { return Array(labels.indices) }
    let steps = (0..<9).flatMap { power in [1, 2, 5].map { $0 * Int(pow(10, Double(power))) } }
    let step = steps.first { Double($0) >= least } ?? labels.count
    var result: [Int] = []
    let areWords = areWords(labels)
    for (index, label) in labels.enumerated()
    where (areWords ? index : Int(label) ?? index) % step == 0 {
      if let last = result.last, Double(index - last) < least { continue }
      result.append(index)
    }
    return result.isEmpty ? [0] : result
  }
}
