import Foundation
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

/// The looks of a run's figures where they aren't the usual ones.
public struct FigureStyle: Sendable {
  /// The title; nil leaves each figure's own, an empty one leaves it out with the subtitle.
  public var title: String?
  /// The page.
  public var page = FigurePage()
  /// The colors of values, for figures whose values are of that kind; nil leaves them.
  public var colorMap: ColorMap?
  /// The page's colors.
  public var theme: Theme?

  /// The usual looks.
  public init() {}

  /// Figures with these looks.
  ///
  /// - Throws: `FigureError.doesNotFit` where the labels of one have no room, ``RunRecordError``
  ///   for colors that none of them can have.
  public func applied(to figures: [NamedFigure]) throws -> [NamedFigure] {
    let styled = try figures.map { NamedFigure($0.name, try applied(to: $0.figure)) }
    guard let colorMap, !figures.isEmpty else { return styled }
    guard figures.contains(where: { takes(colorMap, $0.figure) }) else {
      throw RunRecordError.lacking(
        wanted: colorMap.name,
        reason: "no figure here has values of the kind that these colors are for ("
          + (colorMap.kind == .diverging ? "of two signs" : "from little to much") + ")")
    }
    return styled
  }

  private func takes(_ colorMap: ColorMap, _ figure: any Figure) -> Bool {
    (figure as? any ColorMapped)?.colorMap.kind == colorMap.kind
  }

  private func applied(to figure: any Figure) throws -> any Figure {
    var figure = figure
    if let title {
      figure.title = title
      if title.isEmpty { figure.subtitle = "" }
    }
    if let theme { figure.theme = theme }
    if let colorMap, takes(colorMap, figure), var mapped = figure as? any ColorMapped {
      mapped.colorMap = colorMap
      figure = mapped
    }
    guard page.width != nil || page.height != nil else { return figure }
    return try figure.fitted(to: page)
  }
}

extension [NamedFigure] {
  /// Draws the figures into a folder, which is made when it doesn't exist.
  ///
  /// - Parameter record: goes into each file
  /// - Returns: the files
  /// - Throws: `FigureError` when a file can't be written.
  @discardableResult
  public func write(to folder: URL, format: FigureFormat, record: String) throws -> [URL] {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return try map { named in
      let url = folder.appending(component: "\(named.name).\(format.rawValue)")
      try named.figure.write(to: url, record: record)
      return url
    }
  }
}
