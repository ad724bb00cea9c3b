import Foundation
import InterchangeFigures

extension Heatmap {
  /// Places over the drawn cells that say what is in them: by themselves to a pointer that rests
  /// there, and with the page's script to any pointer and to the keyboard.
  ///
  /// - Parameters:
  ///   - texts: what is said, by [row][column]
  ///   - first: the cell that the keyboard reaches first
  func places(saying texts: [[String]], first: Cell) -> HTML {
    let layout = HeatmapLayout(self, measuredOn: Canvas(measuring: theme))
    let places = texts.indices.flatMap { row in
      texts[row].indices.map { column -> HTML in
        let cell = Cell(row: row, column: column)
        // Lines are counted from the top, as arrow keys go.
        let line = rowOrder == .firstAtTop ? row : texts.count - 1 - row
        let area = frame(of: cell, layout)
        let isFirst: HTML = cell == first ? " data-first" : ""
        return """
          <rect x="\(point(area.minX))" y="\(point(area.minY))" width="\(point(area.width))" \
          height="\(point(area.height))" data-line="\(line)" data-column="\(column)"\(isFirst)>\
          <title>\(texts[row][column])</title></rect>

          """
      }
    }
    return "<g class=\"cells\">\n\(places)</g>"
  }

  /// A length in points, short.
  private func point(_ length: Double) -> String { String(format: "%.2f", length) }
}
