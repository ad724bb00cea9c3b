import Foundation

/// A piece of lettering: one line, or several when it has a width to be broken at.
public struct Text: Sendable, Hashable {
  /// The treatment of a text that is wider than it may be.
  public enum Overflow: Sendable, Hashable {
    /// It runs on.
    case none
    /// Its end gives way to an ellipsis, so that it keeps to this width in points.
    case ellipsis(Double)
    /// It is broken into lines of this width in points.
    case wrap(Double)
    /// The same, each line centered.
    case wrapCentered(Double)
  }

  /// The text itself; a newline begins a new line.
  public var string: String
  /// The font's size in points.
  public var size: Double
  /// True for bold letters.
  public var isBold: Bool
  /// The letters' color.
  public var color: Color
  /// The treatment of a text that is wider than it may be.
  public var overflow: Overflow

  /// A text in the canvas's font.
  public init(
    _ string: String, size: Double, isBold: Bool = false, color: Color = .black,
    overflow: Overflow = .none
  ) {
    self.string = string
    self.size = size
    self.isBold = isBold
    self.color = color
    self.overflow = overflow
  }
}

extension Text {
  var isCentered: Bool { if case .wrapCentered = overflow { true } else { false } }

  var isWrapped: Bool {
    switch overflow {
    case .wrap, .wrapCentered: true
    case .none, .ellipsis: false
    }
  }
}

/// The point of a text's box that is put at a place, as parts of its width and height.
public struct Anchor: Sendable, Hashable {
  /// The part of the box's width, from its left edge.
  public var x: Double
  /// The part of the box's height, from its upper edge.
  public var y: Double

  /// A point of the box: 0, 0 is its upper left corner, 1, 1 the lower right.
  public init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }

  /// The upper left corner.
  public static let topLeft = Anchor(x: 0, y: 0)
  /// The middle of the upper edge.
  public static let top = Anchor(x: 0.5, y: 0)
  /// The middle of the left edge.
  public static let left = Anchor(x: 0, y: 0.5)
  /// The middle of the box.
  public static let center = Anchor(x: 0.5, y: 0.5)
  /// The middle of the right edge.
  public static let right = Anchor(x: 1, y: 0.5)
  /// The middle of the lower edge.
  public static let bottom = Anchor(x: 0.5, y: 1)
}
