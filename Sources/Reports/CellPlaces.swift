import Foundation
import InterchangeFigures

extension ReportFigure {
  /// Places over the drawn cells that tell what is in them: by themselves to a pointer that rests
  /// there, and with the page's script to any pointer and to the keyboard.
  var places: HTML {
    guard let cells else { return "" }
    let places = figure.readableCells.compactMap { place -> HTML? in
      let (row, column) = (place.cell.row, place.cell.column)
      guard cells.indices.contains(row), cells[row].indices.contains(column) else { return nil }
      let area = place.frame
      let isFirst: HTML = place.cell == firstCell ? " data-first" : ""
      return """
        <rect x="\(point(area.minX))" y="\(point(area.minY))" width="\(point(area.width))" \
        height="\(point(area.height))" data-line="\(place.line)" data-column="\(column)"\(isFirst)>\
        <title>\(cells[row][column])</title></rect>

        """
    }
    return places.isEmpty ? "" : "<g class=\"cells\">\n\(places)</g>"
  }

  /// A length in points, short.
  private func point(_ length: Double) -> String { String(format: "%.2f", length) }
}
