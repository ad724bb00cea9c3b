import Foundation
import InterchangeBasics
import InterchangeFigures
import InterchangeInterventions

/// A run on one page: what was asked, every figure, every table with its controls, and what the
/// words mean. The page is one HTML file that loads nothing, and is read without scripts too.
public struct RunReport: Sendable {
  let record: RunRecord

  /// The page of a run.
  public init(_ record: RunRecord) { self.record = record }

  /// The page.
  ///
  /// - Throws: `FigureError` when a figure can't be drawn.
  public func html() throws(FigureError) -> String {
    let sections = record.sections
    var drawing = InlineDrawing()
    var writer = SectionWriter()
    var bodies: [HTML] = []
    for section in sections {
      bodies.append(try writer.write(section, isOnly: sections.count == 1, drawing: &drawing))
    }
    let contents: HTML = sections.count > 1 ? Self.contents(sections) : ""
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      \(head(drawing))</head>
      <body>
      <main>
      \(header)\(contents)\(bodies)\(Self.key(sections))\(footer)</main>
      <script>
      \(HTML(trusted: ReportScript.source))
      </script>
      </body>
      </html>

      """
    return page.source
  }

  /// Writes the page; the file appears whole or not at all.
  ///
  /// - Throws: `FigureError`, or a file error.
  public func write(to url: URL) throws {
    try Data(try html().utf8).write(to: url, options: .atomic)
  }

  private func head(_ drawing: InlineDrawing) -> HTML {
    let style = ReportStyle.sheet(
      light: drawing.variables(isDark: false), dark: drawing.variables(isDark: true))
    // Nothing is loaded, whatever should ever stand in the page.
    let policy =
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    return """
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="generator" content="Interchange \(interchangeVersion)">
      <title>\(record.title)</title>
      <link rel="icon" href="data:,">
      <style>
      \(HTML(trusted: style))</style>

      """
  }

  private var header: HTML {
    var facts: [(String, HTML)] = []
    if let model = record.model {
      facts.append(("model", "\(URL(filePath: model.path).lastPathComponent)"))
      facts.append(("weights’ hash", "<code>\(model.identity)</code>"))
    }
    let time = record.started.ISO8601Format()
    facts += [
      ("seed", "\(String(record.seed))"), ("version", "Interchange \(record.version)"),
      ("begun", "<time datetime=\"\(time)\">\(record.startedText)</time>"),
      ("took", "\(record.durationText)"),
    ]
    let list = facts.map { name, value -> HTML in "<div><dt>\(name)</dt><dd>\(value)</dd></div>\n" }
    return """
      <header>
      <h1>\(record.title)</h1>
      <pre class="command"><code>\(command)</code></pre>
      <dl class="facts">
      \(list)</dl>
      </header>

      """
  }

  /// The command; short words are not broken at their hyphens.
  private var command: HTML {
    let words = record.commandWords.enumerated().map { place, word -> HTML in
      let space: HTML = place == 0 ? "" : " "
      return word.count > 28 ? "\(space)\(word)" : "\(space)<span>\(word)</span>"
    }
    return "\(words)"
  }

  private static func contents(_ sections: [ReportSection]) -> HTML {
    let items = sections.enumerated().map { number, section -> HTML in
      "<li><a href=\"#section-\(number + 1)\">\(section.title)</a></li>\n"
    }
    return "<nav aria-label=\"Contents\">\n<ol>\n\(items)</ol>\n</nav>\n"
  }

  /// The definitions of the words that the sections use.
  private static func key(_ sections: [ReportSection]) -> HTML {
    let used = Set(sections.flatMap(\.terms))
    let entries = ReportTerm.allCases.filter(used.contains).map { term -> HTML in
      "<div><dt>\(term.entry.name)</dt><dd>\(term.entry.definition)</dd></div>\n"
    }
    guard !entries.isEmpty else { return "" }
    return """
      <section class="key" id="key">
      <h2>Key</h2>
      <dl>
      \(entries)</dl>
      </section>

      """
  }

  private var footer: HTML {
    """
    <footer><p>Written by Interchange \(interchangeVersion) from the run’s record, \
    <code>run.json</code>, which holds every number of this page.</p></footer>

    """
  }
}
