import Foundation

/// A figure's title and subtitle, broken into lines.
struct Heading {
  let title: Text
  let subtitle: Text
  let titleHeight: Double
  let width: Double
  /// With the space below; 0 when there is no heading.
  let height: Double

  /// A heading that is broken at the figure's own width, or at `widest` when that is more.
  init(
    title: String, subtitle: String, atLeast width: Double,
    widest: Double = 9 * FigureSize.points, on canvas: Canvas
  ) {
    let limit = max(width, widest)
    self.title = Text(title, size: 8.5, isBold: true, overflow: .wrap(limit))
    self.subtitle = Text(subtitle, size: 7, overflow: .wrap(limit))
    let sizes = [self.title, self.subtitle].map {
      $0.string.isEmpty ? .zero : canvas.size(of: $0)
    }
    titleHeight = sizes[0].height > 0 ? sizes[0].height + 1.5 : 0
    self.width = max(sizes[0].width, sizes[1].width)
    height = self.width > 0 ? titleHeight + sizes[1].height + 5 : 0
  }

  func draw(on canvas: Canvas, at origin: CGPoint, theme: Theme) {
    var (title, subtitle) = (title, subtitle)
    title.color = theme.text
    subtitle.color = theme.secondaryText
    if !title.string.isEmpty { canvas.draw(title, at: origin) }
    if !subtitle.string.isEmpty {
      canvas.draw(subtitle, at: CGPoint(x: origin.x, y: origin.y + titleHeight))
    }
  }
}
