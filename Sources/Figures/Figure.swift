import Foundation

/// A page's width and height in centimeters.
public struct FigureSize: Sendable, Hashable {
  /// The width in centimeters.
  public var width: Double
  /// The height in centimeters.
  public var height: Double

  /// A size in centimeters.
  public init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  init(points size: CGSize) {
    self.init(width: size.width / Self.points, height: size.height / Self.points)
  }

  /// The same in points.
  var points: CGSize { CGSize(width: width * Self.points, height: height * Self.points) }

  /// Points (1/72 inch) in a centimeter.
  static let points = 72 / 2.54
}

/// Something that can be drawn on a page of a fixed size.
public protocol Figure: Sendable {
  /// The text above the figure; empty when the title is given elsewhere.
  var title: String { get set }
  var subtitle: String { get set }
  var theme: Theme { get set }
  /// The page, in centimeters.
  var size: FigureSize { get }
  /// The page as it is asked for; a figure without it has a size of its own.
  var page: FigurePage { get set }
  /// Pixels in an inch, for PNG.
  var resolution: Double { get }
  /// The figure's content without its looks: titles, labels and numbers as lines of tab-separated
  /// values. Numbers have six significant digits; one that is missing is `nan`.
  var tabSeparatedData: String { get }
  /// The meaning of the figure's colors, which a caption repeats; empty where axes tell it.
  var valueTitle: String { get }
  /// The cells that a reader can point at on a page; empty for figures without cells.
  var readableCells: [FigureCell] { get }
  /// Draws on a canvas that has this figure's size and is filled with the theme's background.
  func draw(on canvas: Canvas)
}
