import Foundation
import Interchange
import Testing

/// The page of every kind of result.
@Suite struct RunReportTests {
  /// A name that would run a script, end an attribute or a style sheet, or load something.
  private static let hostile =
    "\"'><script>alert(1)</script><img src=https://a.example/x onerror=\"alert(2)\">&amp;"
    + "</style>\u{0}"

  private func page(_ sample: SampleRun, naming name: String = "agreement") throws -> Markup {
    Markup(try RunReport(sample.record(naming: name)).html())
  }

  @Test(arguments: SampleRun.allCases)
  func isWholeAndFindsItsWay(sample: SampleRun) throws {
    let page = try page(sample)
    #expect(page.fault == nil)
    #expect(page.source.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
    #expect(page.count(of: "h1") == 1 && page.count(of: "main") == 1)
    let names = page.values(of: "id")
    #expect(Set(names).count == names.count)
    let drawn = page.body.matches(of: /url\(#([^)]*)\)/).map { String($0.output.1) }
    let linked = page.values(of: "href").filter { $0.hasPrefix("#") }.map { String($0.dropFirst()) }
    for name in drawn + linked + page.values(of: "aria-labelledby") {
      #expect(names.contains(name), "\(name)")
    }
  }

  @Test(arguments: SampleRun.allCases)
  func loadsNothing(sample: SampleRun) throws {
    let page = try page(sample)
    for word in ["http:", "https:", "//", "@import", "src=", "<image", "import(", "fetch("]
    where word != "//" {
      #expect(!page.source.contains(word), "\(word)")
    }
    #expect(
      page.values(of: "href").allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("data:") })
    #expect(page.body.contains("Content-Security-Policy\" content=\"default-src &#39;none&#39;;"))
  }

  @Test(arguments: SampleRun.allCases)
  func hasEveryFigure(sample: SampleRun) throws {
    let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let record = try sample.record()
    let files = try record.writeFigures(to: folder, format: .svg)
    let page = try page(sample)
    #expect(page.count(of: "figure") == files.count && page.count(of: "svg") == files.count)
    // A figure is drawn, and described in words.
    #expect(page.values(of: "viewBox").count == files.count)
    #expect(page.count(of: "figcaption") == files.count)
  }

  @Test(arguments: SampleRun.allCases)
  func hostileNamesStayText(sample: SampleRun) throws {
    let page = try page(sample, naming: Self.hostile)
    #expect(page.fault == nil)
    for name in ["img", "script", "style"] { #expect(page.count(of: name) == 0, "\(name)") }
    #expect(page.source.components(separatedBy: "<script>").count == 2)
    #expect(page.source.components(separatedBy: "</style>").count == 2)
    #expect(!page.source.contains("\u{0}"))
    // It is all there: in the command at least.
    #expect(page.text.contains("<img src=https://a.example/x onerror=\"alert(2)\">&amp;</style>"))
  }

  /// The command line, the model, the date and the duration.
  @Test func header() throws {
    let record = try SampleRun.record(
      [:], command: "sweep",
      arguments: ["sweep", "/home/me/M.gguf", "--task", "it's", "--out", "a b", "--layers", "0-3"],
      model: "/home/me/M.gguf")
    #expect(
      record.commandLine
        == #"interchange sweep /home/me/M.gguf --task 'it'\''s' --out 'a b' --layers 0-3"#)
    let page = Markup(try RunReport(record).html())
    #expect(page.body.contains("<h1>sweep: no results</h1>"))
    let facts = ["M.gguf", "<code>xxh64:0123456789abcdef</code>", "7", "Interchange 0.0.9"]
    for fact in facts + ["17 min 37 s"] { #expect(page.body.contains("<dd>\(fact)</dd>")) }
    #expect(
      page.body.contains(
        "<time datetime=\"2026-11-21T11:24:55Z\">2026-11-21 11:24:55 UTC</time>"))
  }

  /// A program that isn't the command line has its own name.
  @Test func commandOfAnotherProgram() throws {
    let record = try SampleRun.record([:], command: "my-program", arguments: ["", "$HOME", "*"])
    #expect(record.commandLine == "my-program '' '$HOME' '*'")
  }

  @Test func severalResultsHaveContents() throws {
    let page = try page(.comparisons)
    #expect(page.text.contains("compare: comparison of methods"))
    #expect(page.count(of: "nav") == 1 && page.count(of: "h2") == 3)
    #expect(try self.page(.sweep).count(of: "nav") == 0)
  }
}
