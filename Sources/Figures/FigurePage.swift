/// A page as it is asked for, in centimeters; what is nil follows from the figure's content.
public struct FigurePage: Sendable, Hashable {
  /// The width, such as 8.4 for one column of a paper.
  public var width: Double?
  /// The height.
  public var height: Double?

  /// A page of a width, a height, both or neither, in centimeters.
  public init(width: Double? = nil, height: Double? = nil) {
    (self.width, self.height) = (width, height)
  }

  /// The largest difference in centimeters that is no difference.
  static let tolerance = 0.01
}

extension Figure {
  /// A figure whose size is its own.
  public var page: FigurePage {
    get { FigurePage() }
    set {}
  }

  /// The same figure on a page of this size; its letters stay as large as they are.
  ///
  /// - Throws: `FigureError.doesNotFit` when its labels have no room there.
  public func fitted(to page: FigurePage) throws(FigureError) -> Self {
    var figure = self
    figure.page = page
    let size = figure.size
    for (name, wanted, found) in [
      ("width", page.width, size.width), ("height", page.height, size.height),
    ] {
      guard let wanted, abs(found - wanted) > FigurePage.tolerance else { continue }
      throw .doesNotFit(figure: title, side: name, wanted: wanted, needed: found)
    }
    return figure
  }
}

/// A figure that shows values by the colors of a map.
public protocol ColorMapped: Figure {
  /// The colors of the values.
  var colorMap: ColorMap { get set }
}

extension Heatmap: ColorMapped {}
extension HeatmapGrid: ColorMapped {}
