import Foundation
import InterchangeBasics
import InterchangeFigures
import InterchangeReports
import Testing

/// Pages that know of no run.
@Suite struct ReportPageTests {
  private static let term = ReportTerm("Word", order: 50, "What it means.")

  private func section(_ title: String) -> ReportSection {
    ReportSection(
      kind: "count", title: title, parts: [.text("A <b>paragraph</b>.")],
      terms: [Self.term, .interval])
  }

  @Test func emptyPage() throws {
    let html = try ReportPage(title: "Nothing", sections: []).html()
    #expect(html.contains("<h1>Nothing</h1>"))
    for part in ["<pre", "<dl", "<nav", "<footer", "id=\"key\""] { #expect(!html.contains(part)) }
  }

  @Test func partsInTheirOrder() throws {
    let page = ReportPage(
      title: "Two", command: ["my-program", "'a b'"],
      facts: [
        .init("seed", "7"), .init("hash", "<00>", form: .code),
        .init("begun", "then", form: .time(Date(timeIntervalSince1970: 0))),
      ], sections: [section("First"), section("Second")], footer: "By hand.")
    let html = try page.html()
    let parts = [
      "<h1>Two</h1>", "<span>my-program</span> <span>&#39;a b&#39;</span>", "<dd>7</dd>",
      "<dd><code>&lt;00&gt;</code></dd>",
      "<dd><time datetime=\"1970-01-01T00:00:00Z\">then</time></dd>",
      "<a href=\"#section-2\">Second</a>", "<section id=\"section-1\">\n<h2>First</h2>",
      "<p>A &lt;b&gt;paragraph&lt;/b&gt;.</p>", "<h2>Key</h2>", "<dt>95 % interval</dt>",
      "<dt>Word</dt><dd>What it means.</dd>", "<footer><p>By hand.</p></footer>",
    ]
    var rest = html[...]
    for part in parts {
      let found = try #require(rest.range(of: part), "\(part)")
      rest = rest[found.upperBound...]
    }
    // A word is explained once.
    #expect(html.components(separatedBy: "<dt>Word</dt>").count == 2)
  }

  @Test func oneSectionHasThePagesTitle() throws {
    let html = try ReportPage(title: "One", sections: [section("One")]).html()
    #expect(!html.contains("<h2>One</h2>") && !html.contains("<nav"))
  }

  /// Cells are read where a figure has cells, by any figure alike.
  @Test func cellsThatAreRead() throws {
    var map = Heatmap(
      values: [[0, 1], [2, 3]], rowLabels: ["a", "b"], columnLabels: ["c", "d"])
    (map.title, map.valueTitle) = ("Map", "effect")
    let words = [["0 & 0", "0 1"], ["1 0", "1 1"]]
    let figure = ReportFigure(
      map, cells: words, firstCell: Heatmap.Cell(row: 1, column: 0), remark: "Seen twice.")
    #expect(figure.caption.title == "Map" && figure.caption.rest == "effect. Seen twice.")
    let html = try ReportPage(
      title: "Cells",
      sections: [ReportSection(kind: "map", title: "Map", parts: [.figures([figure])])]
    ).html()
    // The first row is drawn at the bottom: line 1.
    #expect(html.contains("data-line=\"1\" data-column=\"0\"><title>0 &amp; 0</title>"))
    #expect(html.contains("data-line=\"0\" data-column=\"0\" data-first><title>1 0</title>"))
    #expect(map.readableCells.map(\.line) == [1, 1, 0, 0])
    let curve = LineChart(series: [.init("x", points: [.init(x: 0, y: 1)])])
    #expect(curve.readableCells.isEmpty && curve.valueTitle.isEmpty)
    let plain = try ReportPage(
      title: "Curve",
      sections: [
        ReportSection(kind: "c", title: "C", parts: [.figures([ReportFigure(curve, cells: words)])])
      ]
    ).html()
    #expect(!plain.contains("<title>0 &amp; 0</title>"))
  }

  @Test func writesTheFile() throws {
    let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let page = ReportPage(title: "File", sections: [])
    try page.write(to: folder.appending(component: "a.html"))
    #expect(
      try String(contentsOf: folder.appending(component: "a.html"), encoding: .utf8)
        == page.html())
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.html"])
    #expect(throws: FileSystemError.self) {
      try page.write(to: folder.appending(components: "none", "a.html"))
    }
  }

  @Test func numbersInCells() {
    #expect(ResultTable.number(nil, "%.2f") == "–" && ResultTable.number(0.125, "%.2f") == "0.12")
    #expect(ResultTable.spread(SeedStatistics([0.5]), "%.1f") == "0.5")
    #expect(ResultTable.spread(SeedStatistics([0, 1]), "%.2f") == "0.50 ± 0.71")
    #expect(ResultTable.spread(nil, "%.2f") == ResultTable.nothing)
  }
}
