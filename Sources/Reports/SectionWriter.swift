import InterchangeFigures

/// Writes the sections of a page one after another, and counts their tables and figures.
struct SectionWriter {
  private var sections = 0
  private var tables = 0
  private var figures = 0

  /// A section.
  ///
  /// - Parameter isOnly: whether the page has no other, so that its title is the page's
  mutating func write(
    _ section: ReportSection, isOnly: Bool, drawing: inout InlineDrawing
  ) throws(FigureError) -> HTML {
    sections += 1
    var parts: [HTML] = []
    for part in section.parts { parts.append(try write(part, &drawing)) }
    let heading: HTML = isOnly ? "" : "<h2>\(section.title)</h2>\n"
    return "<section id=\"section-\(sections)\">\n\(heading)\(parts)</section>\n"
  }

  private mutating func write(
    _ part: ReportSection.Part, _ drawing: inout InlineDrawing
  ) throws(FigureError) -> HTML {
    switch part {
    case .text(let text): return "<p>\(text)</p>\n"
    case .table(let table): return write(table)
    case .folded(let title, let tables):
      let written = tables.map { write($0) }
      return "<details>\n<summary>\(title)</summary>\n\(written)</details>\n"
    case .figures(let figures):
      guard !figures.isEmpty else { return "" }
      var all: [HTML] = []
      for figure in figures { all.append(try write(figure, &drawing)) }
      return "<div class=\"figures\">\n\(all)</div>\n"
    }
  }

  private mutating func write(_ table: ResultTable) -> HTML {
    tables += 1
    let kinds = table.header.indices.map { Self.kind(of: $0, in: table) }
    let head = table.header.enumerated().map { column, title -> HTML in
      title.isEmpty
        ? "<td></td>" : "<th scope=\"col\"\(kinds[column])>\(Text.visible(title))</th>"
    }
    let rows = table.rows.map { row -> HTML in
      let cells = row.enumerated().map { column, text -> HTML in
        column == 0
          ? "<th scope=\"row\"\(kinds[column])>\(text)</th>" : "<td\(kinds[column])>\(text)</td>"
      }
      return "<tr>\(cells)</tr>\n"
    }
    let title: HTML = table.title.isEmpty ? "" : "<b>\(table.title)</b> "
    return """
      <div class="table">
      <p class="caption" id="table-\(tables)"><b>Table \(tables).</b> \(title)\(table.note)</p>
      <div class="scroll" role="group" aria-labelledby="table-\(tables)" tabindex="0">
      <table aria-labelledby="table-\(tables)">
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(rows)</tbody>
      </table>
      </div>
      </div>

      """
  }

  /// A column's class: numbers stand flush right and don't break, prose has a width to break at.
  private static func kind(of column: Int, in table: ResultTable) -> HTML {
    if table.isNumeric(column) { return " class=\"number\"" }
    return table.rows.contains { $0[column].count > 28 } ? " class=\"prose\"" : ""
  }

  private mutating func write(
    _ item: ReportFigure, _ drawing: inout InlineDrawing
  ) throws(FigureError) -> HTML {
    figures += 1
    // The heading is text of the page, not of the drawing.
    var figure = item.figure
    (figure.title, figure.subtitle) = ("", "")
    let (viewBox, contents) = try drawing.draw(figure)
    var drawn = item
    drawn.figure = figure
    let cells = drawn.places
    let isInteractive = item.cells != nil
    let role: HTML = isInteractive ? "group" : "img"
    let readout: HTML = isInteractive ? "<p class=\"readout\" hidden></p>\n" : ""
    // A centimetre of the drawing is 45 px on the page; narrow pages make charts smaller, and
    // scroll maps.
    let width = Int((45 * figure.size.width).rounded())
    let least = Int((isInteractive ? 0.75 : 0.6) * Double(width))
    let caption = item.caption
    return """
      <figure style="--width:\(width)px;--least:\(least)px">
      <div class="scroll" role="group" aria-label="Figure \(figures)" tabindex="0">
      <svg viewBox="\(viewBox)" role="\(role)" aria-label="\(caption.title): \(caption.rest)">
      \(contents)\(cells)
      </svg>
      </div>
      \(readout)<figcaption><b>Figure \(figures).</b> <b>\(caption.title).</b> \
      \(caption.rest)</figcaption>
      </figure>

      """
  }
}
