import Foundation
import Interchange
import Testing

/// Pages in a real browser: what a reader sees, with a pointer, with keys, without scripts, on any
/// width.
@Suite(
  .serialized, .enabled(if: Browser.isInstalled, "needs a browser: Debian's package chromium"))
struct ReportBrowserTests {
  private func page(_ sample: SampleRun, naming name: String = "agreement") throws -> String {
    try RunReport(sample.record(naming: name)).html()
  }

  /// A copy of a page with a script at its end.
  private func page(_ source: String, doing script: String) -> String {
    source.replacing(
      "</body>",
      with: "<script>\nconst note = document.body.dataset;\n\(script)\n</script>\n</body>")
  }

  @Test(arguments: [SampleRun.sweep, .alignments, .comparisons, .growth])
  func loadsWithoutAWord(sample: SampleRun) throws {
    let source = try page(sample)
    let loaded = try Browser.load(source)
    #expect(loaded.console.isEmpty, "\(loaded.console)")
    // The parser had nothing to repair: what is nested is nested as it was written.
    let (written, found) = (Markup(source), Markup(loaded.document))
    for element in ["section", "table", "tr", "td", "th", "figure", "rect", "path", "use", "dt"] {
      #expect(written.count(of: element) == found.count(of: element), "\(element)")
    }
    #expect(written.rows == found.rows)
  }

  @Test func hostileNamesDoNothing() throws {
    let loaded = try Browser.load(
      page(.sweep, naming: "</title></svg><script>console.error(1)</script><img src=x onerror=1>"))
    #expect(loaded.console.isEmpty, "\(loaded.console)")
    #expect(Markup(loaded.document).count(of: "img") == 0)
  }

  /// Pointing at a cell, leaving it, and going on by keys.
  @Test func cellsSayWhatTheyAre() throws {
    let script = """
      const cell = (line, column) => document.querySelector(
        `rect[data-line="${line}"][data-column="${column}"]`);
      const readout = document.querySelector(".readout");
      const press = key => document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
      note.hint = readout.textContent;
      cell(0, 1).dispatchEvent(new MouseEvent("mouseover", {bubbles: true}));
      note.pointed = readout.textContent;
      document.querySelector(".cells").dispatchEvent(new MouseEvent("mouseleave"));
      note.left = readout.textContent;
      document.querySelector("rect[tabindex='0']").focus();
      note.focused = readout.textContent;
      press("ArrowUp");
      note.up = readout.textContent;
      press("ArrowLeft");
      note.upleft = readout.textContent;
      press("ArrowLeft");
      note.border = readout.textContent;
      note.stops = document.querySelectorAll("rect[tabindex='0']").length;
      note.label = document.activeElement.getAttribute("aria-label");
      note.titles = document.querySelectorAll("rect title").length;
      """
    let loaded = try Browser.load(page(try page(.sweep), doing: script))
    #expect(loaded.console.isEmpty, "\(loaded.console)")
    let hint = "Point at a cell, or reach one with Tab and go on with the arrow keys."
    func said(_ layer: Int, _ position: String, _ correct: Int, _ difference: String) -> String {
      "layer \(layer), position \(position): IIA "
        + Accuracy(correct: correct, n: 16).summary.replacing(" n=16", with: "")
        + ", n = 16, logit difference \(difference)"
    }
    let upper = said(5, "1 (agreement)", 8, "0.50")
    let left = said(5, "0 (␣the)", 2, "-1.50")
    #expect(try loaded.note("hint") == hint && loaded.note("left") == hint)
    #expect(try loaded.note("pointed") == upper)
    #expect(try loaded.note("focused") == said(4, "1 (agreement)", 15, "3.12"))
    #expect(try loaded.note("up") == upper && loaded.note("upleft") == left)
    #expect(try loaded.note("border") == left && loaded.note("label") == left)
    // Two maps, each one stop of the Tab key.
    #expect(try loaded.note("stops") == "2" && loaded.note("titles") == "0")
  }

  /// A page in a frame of a width, with or without scripts, and what a script outside finds in it.
  private func framed(
    _ source: String, width: Int, hasScripts: Bool = true, finding script: String
  ) throws -> Browser.Page {
    let escaped = source.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
    let rights = "allow-same-origin" + (hasScripts ? " allow-scripts" : "")
    return try Browser.load(
      """
      <!DOCTYPE html><html><body><iframe sandbox="\(rights)" width="\(width)" height="900"
      style="border:0" srcdoc="\(escaped)"></iframe>
      <script>
      addEventListener("load", () => {
        const note = document.body.dataset, page = document.querySelector("iframe").contentDocument;
        note.script = page.querySelector("script").textContent.length > 0;
        page.querySelector("script").remove();
        \(script)
        document.querySelector("iframe").remove();
      });
      </script></body></html>
      """)
  }

  @Test func everythingIsThereWithoutScripts() throws {
    let loaded = try framed(
      try page(.sweep), width: 900, hasScripts: false,
      finding: """
        note.tips = page.querySelectorAll("rect title").length;
        note.readout = page.querySelector(".readout").hidden;
        note.seen = page.body.innerText.includes("the most frequent answer alone");
        page.querySelector("details").open = true;
        note.rows = [...page.querySelectorAll("details tbody tr")].map(row =>
          [...row.children].map(cell => cell.innerText).join(";")).join("|");
        """)
    #expect(try loaded.note("tips") == "8" && loaded.note("readout") == "true")
    #expect(try loaded.note("seen") == "true")
    let cells = [1, 15, 2, 8].map {
      Accuracy(correct: $0, n: 16).summary.replacing(" n=16", with: "")
    }
    #expect(
      try loaded.note("rows")
        == "4;\(cells[0]);\(cells[1])|5;\(cells[2]);\(cells[3])|4;-2.50;3.12|5;-1.50;0.50")
  }

  /// No width makes the page itself scroll sideways, and figures stay as wide as their letters
  /// need.
  @Test(arguments: [SampleRun.sweep, .alignments, .comparisons, .growth], [360, 400, 1600])
  func fitsAnyWidth(sample: SampleRun, width: Int) throws {
    let loaded = try framed(
      try page(sample, naming: String(repeating: "long-name:", count: 12)), width: width,
      finding: """
        for (const details of page.querySelectorAll("details")) details.open = true;
        note.beyond = page.documentElement.scrollWidth - page.documentElement.clientWidth;
        note.least = Math.min(...[...page.querySelectorAll("svg")].map(svg =>
          svg.getBoundingClientRect().width / svg.viewBox.baseVal.width));
        """)
    #expect(try loaded.note("beyond") == "0")
    // Labels have 7 points in the drawing.
    #expect(try 7 * (Double(loaded.note("least")) ?? 0) >= 6)
  }

  /// The figures' colors follow the reader's.
  @Test(arguments: [("1", "rgb(255, 255, 255)"), ("0", "rgb(22, 24, 28)")])
  func lightAndDark(scheme: String, ground: String) throws {
    let script = """
      note.page = getComputedStyle(document.body).backgroundColor;
      note.figure = getComputedStyle(document.querySelector("svg rect[style]")).fill;
      """
    let loaded = try Browser.load(
      page(try page(.alignments), doing: script),
      options: ["--blink-settings=preferredColorScheme=\(scheme)"])
    #expect(try loaded.note("page") == ground && loaded.note("figure") == ground)
  }
}
