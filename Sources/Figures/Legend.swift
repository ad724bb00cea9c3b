import Foundation

/// The names of what is drawn, each beside a sample of it, in rows above a chart.
struct Legend {
  /// An entry's place relative to the legend.
  struct Entry {
    /// The index of the name.
    let index: Int
    let text: Text
    let origin: CGPoint
    let height: Double
  }

  let entries: [Entry]
  /// The height with the space below; 0 when nothing has a name.
  let height: Double
  /// The names' title, before the first.
  private let title: Text
  private let sample: Double

  private static let fontSize = 7.0
  private static let gap = 3.0

  /// Entries for the names that are not empty, broken into rows of a width in points.
  ///
  /// - Parameter sample: the width of a sample in points.
  init(
    _ names: [String], title: String = "", sample: Double, width: Double, on canvas: Canvas
  ) {
    self.title = Text(title, size: Self.fontSize, overflow: .ellipsis(width / 2))
    self.sample = sample
    let start = title.isEmpty ? 0 : canvas.size(of: self.title).width + 6
    var entries: [Entry] = []
    var (x, y, line) = (start, 0.0, 0.0)
    for (index, name) in names.enumerated() where !name.isEmpty {
      let limit = width - start - sample - Self.gap
      let text = Text(name, size: Self.fontSize, overflow: .ellipsis(limit))
      let size = canvas.size(of: text)
      let needed = sample + Self.gap + size.width
      if x > start && x + needed > width {
        (x, y, line) = (start, y + line + 1, 0)
      }
      entries.append(
        Entry(index: index, text: text, origin: CGPoint(x: x, y: y), height: size.height))
      x += needed + 10
      line = max(line, size.height)
    }
    self.entries = entries
    height = entries.isEmpty ? 0 : y + line + 4
  }

  /// Draws the names; `drawSample` draws a name's sample into its place.
  func draw(
    on canvas: Canvas, at origin: CGPoint, theme: Theme,
    drawSample: (_ index: Int, _ place: CGRect) -> Void
  ) {
    guard let first = entries.first else { return }
    if !title.string.isEmpty {
      var text = title
      text.color = theme.secondaryText
      canvas.draw(
        text, at: CGPoint(x: origin.x, y: origin.y + first.height / 2), anchor: .left)
    }
    for entry in entries {
      let place = CGRect(
        x: origin.x + entry.origin.x, y: origin.y + entry.origin.y, width: sample,
        height: entry.height)
      drawSample(entry.index, place)
      var text = entry.text
      text.color = theme.text
      canvas.draw(
        text, at: CGPoint(x: place.maxX + Self.gap, y: place.midY), anchor: .left)
    }
  }
}
