import Foundation
import InterchangeFigures
import Testing

@Suite struct WritingTests {
  @Test(arguments: FigureFormat.allCases)
  func `Files appear whole, alone, and replace older ones`(format: FigureFormat) throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("figure.\(format.rawValue)")
      try Data("old".utf8).write(to: file)
      try sampleChart().write(to: file, record: "{}")
      #expect(try contents(of: folder) == ["figure.\(format.rawValue)"])
      let isSame = try Data(contentsOf: file) == sampleChart().data(as: format, record: "{}")
      #expect(isSame)
    }
  }

  @Test func `Formats begin as they should`() throws {
    #expect(try sampleChart().pngData().starts(with: [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10]))
    #expect(try sampleChart().data(as: .pdf).starts(with: Data("%PDF-".utf8)))
    let svg = String(
      decoding: try sampleChart().data(as: .svg, record: "{\"a\": \"<&>\\n\"}"), as: UTF8.self)
    #expect(svg.contains("<metadata>{\"a\": \"&lt;&amp;&gt;\\n\"}</metadata>"))
    #expect(svg.hasSuffix("</svg>\n"))
  }

  @Test func `An unknown extension is named`() {
    let error = message { try sampleChart().write(to: URL(fileURLWithPath: "/tmp/a.jpeg")) }
    #expect(
      error == "/tmp/a.jpeg: expected a name that ends in .png, .svg or .pdf, found “.jpeg”")
    let bare = message { try sampleChart().write(to: URL(fileURLWithPath: "/tmp/a")) }
    #expect(
      bare == "/tmp/a: expected a name that ends in .png, .svg or .pdf, found no extension")
  }

  @Test func `A folder that does not exist is one clear line`() {
    let error = message { try sampleChart().write(to: URL(fileURLWithPath: "/nowhere/a.png")) }
    #expect(error == "/nowhere/a.png: cannot be written: no such file or directory")
  }

  @Test func `A name that is taken by a folder leaves nothing behind`() throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("taken.png")
      try FileManager.default.createDirectory(at: file, withIntermediateDirectories: false)
      let error = message { try sampleChart().write(to: file) }
      #expect(error == "\(file.path): cannot be written: is a directory")
      #expect(try contents(of: folder) == ["taken.png"])
    }
  }

  // Root may write into any folder; this runs for other users only.
  @Test(.enabled(if: geteuid() != 0, "needs a user other than root"))
  func `A folder without permission is one clear line`() throws {
    try withTemporaryFolder { folder in
      #expect(chmod(folder.path, 0o500) == 0)
      defer { chmod(folder.path, 0o700) }
      let file = folder.appendingPathComponent("a.png")
      let error = message { try sampleChart().write(to: file) }
      #expect(error == "\(file.path): cannot be written: permission denied")
      let left = try contents(of: folder)
      #expect(left.isEmpty)
    }
  }

  @Test func `A page beyond what can be drawn is refused`() {
    var heatmap = sampleHeatmap(rows: 2, columns: 7000)
    heatmap.showsValues = false
    let error = message { _ = try heatmap.pngData() }
    #expect(error?.hasPrefix("the figure is too large: expected at most 32767 on a side") == true)
  }

  @Test(arguments: FigureFormat.allCases)
  func `The same figure is the same file`(format: FigureFormat) throws {
    var heatmap = sampleHeatmap(rows: 12, columns: 8)
    heatmap.markedCells = heatmap.largestCell.map { [$0] } ?? []
    for figure in [heatmap as any Figure, sampleChart()] {
      let first = try figure.data(as: format, record: "{}")
      // PDF keeps dates in whole seconds: only a later second would show one.
      if format == .pdf { Thread.sleep(forTimeInterval: 1.1) }
      let isSame = try figure.data(as: format, record: "{}") == first
      #expect(isSame)
    }
  }

  @Test func `Figures can be drawn at the same time`() async throws {
    let heatmap = sampleHeatmap(rows: 6, columns: 6)
    let expected = try heatmap.pngData()
    try await withThrowingTaskGroup(of: Data.self) { group in
      for _ in 0..<8 { group.addTask { try heatmap.pngData() } }
      for try await data in group {
        let isSame = data == expected
        #expect(isSame)
      }
    }
  }
}
