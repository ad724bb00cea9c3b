import CInterchangePangoCairo
import Foundation

/// A line's color, width and dashes.
public struct Stroke: Sendable, Hashable {
  /// The line's color.
  public var color: Color
  /// The width in points.
  public var width: Double
  /// Lengths of dashes and gaps in points; empty for a solid line.
  public var dashes: [Double]

  /// A line of a color, a width in points and dashes in points.
  public init(_ color: Color, width: Double = 0.5, dashes: [Double] = []) {
    self.color = color
    self.width = width
    self.dashes = dashes
  }
}

extension Canvas {
  /// Fills the whole page, to the last pixel.
  public func fillPage(with color: Color) {
    set(color)
    cairo_paint(context)
  }

  /// Fills a rectangle.
  ///
  /// A crisp one ends on pixel borders, so that neighbors leave no seam.
  public func fill(_ rectangle: CGRect, with color: Color, crisp: Bool = false) {
    set(color)
    cairo_set_antialias(context, crisp ? CAIRO_ANTIALIAS_NONE : CAIRO_ANTIALIAS_DEFAULT)
    add(rectangle)
    cairo_fill(context)
    cairo_set_antialias(context, CAIRO_ANTIALIAS_DEFAULT)
  }

  /// Fills a rectangle with colors at equal distances, from its lower edge to its upper.
  public func fill(_ rectangle: CGRect, upwards colors: [Color]) {
    let gradient = cairo_pattern_create_linear(0, rectangle.maxY, 0, rectangle.minY)
    for (index, color) in colors.enumerated() {
      cairo_pattern_add_color_stop_rgba(
        gradient, Double(index) / Double(max(colors.count - 1, 1)), color.red, color.green,
        color.blue, color.opacity)
    }
    cairo_set_source(context, gradient)
    cairo_pattern_destroy(gradient)
    add(rectangle)
    cairo_fill(context)
  }

  /// Draws a rectangle's outline, the line's middle on its edges.
  public func stroke(_ rectangle: CGRect, _ stroke: Stroke) {
    add(rectangle)
    finish(stroke)
  }

  /// Fills the area inside a closed polygon.
  public func fill(polygon points: [CGPoint], with color: Color) {
    set(color)
    add(points)
    cairo_close_path(context)
    cairo_fill(context)
  }

  /// Draws the outline of a closed polygon.
  public func stroke(polygon points: [CGPoint], _ stroke: Stroke) {
    add(points)
    cairo_close_path(context)
    finish(stroke)
  }

  /// Draws a line through points.
  public func stroke(_ points: [CGPoint], _ stroke: Stroke) {
    add(points)
    finish(stroke)
  }

  /// Draws a line between two points.
  public func line(from start: CGPoint, to end: CGPoint, _ stroke: Stroke) {
    self.stroke([start, end], stroke)
  }

  /// Fills a disc.
  public func fill(discAt center: CGPoint, radius: Double, with color: Color) {
    set(color)
    cairo_new_path(context)
    cairo_arc(context, center.x, center.y, radius, 0, 2 * .pi)
    cairo_fill(context)
  }

  /// Fills a rectangle with rising lines on a ground.
  public func hatch(_ rectangle: CGRect, ground: Color, lines: Stroke, distance: Double = 3) {
    fill(rectangle, with: ground, crisp: true)
    clipped(to: rectangle) {
      // Lines x + y = n · distance, so that hatched neighbors continue one another.
      let first = ((rectangle.minX + rectangle.minY) / distance).rounded(.up)
      let last = ((rectangle.maxX + rectangle.maxY) / distance).rounded(.down)
      for number in stride(from: first, through: last, by: 1) {
        let sum = number * distance
        cairo_move_to(context, rectangle.minX, sum - rectangle.minX)
        cairo_line_to(context, rectangle.maxX, sum - rectangle.maxX)
      }
      finish(lines)
    }
  }

  /// Draws something of which only the part inside a rectangle is seen.
  public func clipped(to rectangle: CGRect, _ draw: () -> Void) {
    cairo_save(context)
    add(rectangle)
    cairo_clip(context)
    draw()
    cairo_restore(context)
  }
}

extension Canvas {
  func set(_ color: Color) {
    cairo_set_source_rgba(context, color.red, color.green, color.blue, color.opacity)
  }

  private func add(_ rectangle: CGRect) {
    cairo_new_path(context)
    cairo_rectangle(
      context, rectangle.minX, rectangle.minY, rectangle.width, rectangle.height)
  }

  private func add(_ points: [CGPoint]) {
    cairo_new_path(context)
    for point in points { cairo_line_to(context, point.x, point.y) }
  }

  private func finish(_ stroke: Stroke) {
    set(stroke.color)
    cairo_set_line_width(context, stroke.width)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_dash(context, stroke.dashes, Int32(stroke.dashes.count), 0)
    cairo_stroke(context)
  }
}
