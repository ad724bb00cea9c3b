import Foundation
import InterchangeBasics
import InterchangeFigures

/// Results on one page: a heading, sections with every figure and table, and a key to their words.
/// The page is one HTML file that loads nothing, and is read without scripts too.
public struct ReportPage: Sendable {
  /// Something to know of the whole page, such as a seed.
  public struct Fact: Sendable {
    /// The way in which a fact is set.
    public enum Form: Sendable {
      case text
      /// Letter for letter, such as a hash.
      case code
      /// A point in time.
      case time(Date)
    }

    public var name: String
    public var text: String
    public var form: Form

    /// A fact with its name.
    public init(_ name: String, _ text: String, form: Form = .text) {
      (self.name, self.text, self.form) = (name, text, form)
    }
  }

  public var title: String
  /// The words of the command that the results are of, as a shell takes them; empty for none.
  public var command: [String]
  public var facts: [Fact]
  public var sections: [ReportSection]
  /// The last line, such as where the numbers come from.
  public var footer: String

  /// A page of sections.
  public init(
    title: String, command: [String] = [], facts: [Fact] = [], sections: [ReportSection],
    footer: String = ""
  ) {
    (self.title, self.command, self.facts) = (title, command, facts)
    (self.sections, self.footer) = (sections, footer)
  }

  /// The page as HTML.
  ///
  /// - Throws: `FigureError` when a figure can't be drawn.
  public func html() throws(FigureError) -> String {
    var drawing = InlineDrawing()
    var writer = SectionWriter()
    var bodies: [HTML] = []
    for section in sections {
      bodies.append(try writer.write(section, isOnly: sections.count == 1, drawing: &drawing))
    }
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      \(head(drawing))</head>
      <body>
      <main>
      \(header)\(contents)\(bodies)\(key)\(lastLine)</main>
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
  /// - Throws: `FigureError`, or `FileSystemError`.
  public func write(to url: URL) throws {
    try writeAtomically(Data(try html().utf8), to: url)
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
      <title>\(title)</title>
      <link rel="icon" href="data:,">
      <style>
      \(HTML(trusted: style))</style>

      """
  }

  private var header: HTML {
    let list = facts.map { fact -> HTML in
      "<div><dt>\(fact.name)</dt><dd>\(Self.value(fact))</dd></div>\n"
    }
    let typed: HTML =
      command.isEmpty ? "" : "<pre class=\"command\"><code>\(commandText)</code></pre>\n"
    let known: HTML = facts.isEmpty ? "" : "<dl class=\"facts\">\n\(list)</dl>\n"
    return """
      <header>
      <h1>\(title)</h1>
      \(typed)\(known)</header>

      """
  }

  private static func value(_ fact: Fact) -> HTML {
    switch fact.form {
    case .text: "\(fact.text)"
    case .code: "<code>\(fact.text)</code>"
    case .time(let date): "<time datetime=\"\(date.ISO8601Format())\">\(fact.text)</time>"
    }
  }

  /// The command; short words are not broken at their hyphens.
  private var commandText: HTML {
    let words = command.enumerated().map { place, word -> HTML in
      let space: HTML = place == 0 ? "" : " "
      return word.count > 28 ? "\(space)\(word)" : "\(space)<span>\(word)</span>"
    }
    return "\(words)"
  }

  private var contents: HTML {
    guard sections.count > 1 else { return "" }
    let items = sections.enumerated().map { number, section -> HTML in
      "<li><a href=\"#section-\(number + 1)\">\(section.title)</a></li>\n"
    }
    return "<nav aria-label=\"Contents\">\n<ol>\n\(items)</ol>\n</nav>\n"
  }

  /// The definitions of the words that the sections use.
  private var key: HTML {
    let terms = Set(sections.flatMap(\.terms)).sorted { ($0.order, $0.name) < ($1.order, $1.name) }
    guard !terms.isEmpty else { return "" }
    let entries = terms.map { term -> HTML in
      "<div><dt>\(term.name)</dt><dd>\(term.definition)</dd></div>\n"
    }
    return """
      <section class="key" id="key">
      <h2>Key</h2>
      <dl>
      \(entries)</dl>
      </section>

      """
  }

  private var lastLine: HTML {
    footer.isEmpty ? "" : "<footer><p>\(footer)</p></footer>\n"
  }
}
