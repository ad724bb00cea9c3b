import InterchangeFigures

/// A part of a page: one result with its numbers and figures.
public struct ReportSection: Sendable {
  /// A paragraph, a table or figures.
  public enum Part: Sendable {
    case text(String)
    case table(ResultTable)
    /// Figures, side by side where they have room.
    case figures([ReportFigure])
    /// Tables that are read when they are wanted, under a title.
    case folded(String, [ResultTable])
  }

  /// The kind of result, in a word or two.
  public var kind: String
  /// The heading; the page's where there is no other section.
  public var title: String
  /// The contents, in their order.
  public var parts: [Part]
  /// The words that the page's key has to explain.
  public var terms: [ReportTerm]

  /// A section of a page.
  public init(kind: String, title: String, parts: [Part], terms: [ReportTerm] = []) {
    (self.kind, self.title, self.parts, self.terms) = (kind, title, parts, terms)
  }
}

extension ReportSection.Part {
  /// Figures that are only looked at.
  public static func drawn(_ figures: [NamedFigure]) -> Self {
    .figures(figures.map { ReportFigure($0.figure) })
  }
}

/// A figure on a page.
public struct ReportFigure: Sendable {
  public var figure: any Figure
  /// The words about each cell, by [row][column]; nil for a figure that is only looked at.
  public var cells: [[String]]?
  /// The cell that the keyboard reaches first.
  public var firstCell: Heatmap.Cell
  /// A sentence at the caption's end, such as one about marks in the drawing.
  public var remark: String

  /// A figure, with words about each of its cells where it has cells to read.
  public init(
    _ figure: any Figure, cells: [[String]]? = nil,
    firstCell: Heatmap.Cell = Heatmap.Cell(row: 0, column: 0), remark: String = ""
  ) {
    (self.figure, self.cells, self.firstCell) = (figure, cells, firstCell)
    self.remark = remark
  }

  /// The text below it: its heading, and the meaning of its colors.
  public var caption: (title: String, rest: String) {
    let parts = [figure.subtitle, figure.valueTitle].filter { !$0.isEmpty }
    let rest = parts.isEmpty ? "" : parts.joined(separator: "; ") + "."
    return (figure.title, [rest, remark].filter { !$0.isEmpty }.joined(separator: " "))
  }
}
