import Foundation
import InterchangeFigures
import Testing

@Suite struct HeatmapTests {
  /// The pixel in the middle of a cell.
  private func color(of cell: Heatmap.Cell, _ heatmap: Heatmap, _ pixels: Pixels) -> Color {
    let layout = HeatmapLayout(heatmap, measuredOn: Canvas(measuring: heatmap.theme))
    let place = heatmap.frame(of: cell, layout)
    let scale = heatmap.resolution / 72
    return pixels[Int(place.midX * scale), Int(place.midY * scale)]
  }

  @Test(arguments: [Heatmap.RowOrder.firstAtBottom, .firstAtTop])
  func `Each cell has its value's colour`(order: Heatmap.RowOrder) throws {
    var heatmap = sampleHeatmap(rows: 7, columns: 5)
    heatmap.showsValues = false
    heatmap.rowOrder = order
    heatmap.range = 0...2
    let pixels = try heatmap.rendered()
    for row in 0..<7 {
      for column in 0..<5 {
        let cell = Heatmap.Cell(row: row, column: column)
        let expected = ColorMap.viridis.color(at: heatmap[cell] / 2)
        // One level: rounding to eight bits.
        #expect(isNear(color(of: cell, heatmap, pixels), expected, within: 1))
      }
    }
    let layout = HeatmapLayout(heatmap, measuredOn: Canvas(measuring: .light))
    let (first, last) = (Heatmap.Cell(row: 0, column: 0), Heatmap.Cell(row: 6, column: 0))
    let isBelow = heatmap.frame(of: first, layout).midY > heatmap.frame(of: last, layout).midY
    #expect(isBelow == (order == .firstAtBottom))
  }

  /// The farther end decides, whichever it is.
  @Test(arguments: [([-1.0, 0, 4], [0.375, 0.5, 1]), ([-4, 0, 1], [0, 0.5, 0.625])])
  func `Diverging maps are symmetric about their centre`(
    values: [Double], positions: [Double]
  ) throws {
    var heatmap = Heatmap(
      values: [values], rowLabels: ["0"], columnLabels: ["a", "b", "c"])
    heatmap.colorMap = .blueRed
    heatmap.showsValues = false
    let pixels = try heatmap.rendered()
    for (column, position) in positions.enumerated() {
      let found = color(of: .init(row: 0, column: column), heatmap, pixels)
      #expect(isNear(found, ColorMap.blueRed.color(at: position), within: 1))
    }
  }

  @Test func `Cells not measured are hatched, not coloured`() throws {
    var heatmap = sampleHeatmap(rows: 3, columns: 3)
    var values = heatmap.values
    values[1][1] = .nan
    heatmap = Heatmap(
      values: values, rowLabels: heatmap.rowLabels, columnLabels: heatmap.columnLabels)
    heatmap.showsValues = false
    let pixels = try heatmap.rendered()
    let layout = HeatmapLayout(heatmap, measuredOn: Canvas(measuring: .light))
    let place = heatmap.frame(of: .init(row: 1, column: 1), layout).insetBy(dx: 2, dy: 2)
    let scale = heatmap.resolution / 72
    let found = (Int(place.minX * scale)..<Int(place.maxX * scale)).map {
      pixels[$0, Int(place.midY * scale)]
    }
    #expect(found.allSatisfy { $0.red == $0.blue && $0.red > 0.6 })
    #expect(found.contains { isNear($0, Theme.light.missing, within: 1) })
    #expect(found.contains { $0.red < 0.8 })
    #expect(heatmap.largestCell == .init(row: 2, column: 2))
  }

  @Test func `Marked cells have an outline`() throws {
    var heatmap = sampleHeatmap(rows: 3, columns: 3)
    heatmap.markedCells = [.init(row: 1, column: 1)]
    let pixels = try heatmap.rendered()
    let layout = HeatmapLayout(heatmap, measuredOn: Canvas(measuring: .light))
    let place = heatmap.frame(of: .init(row: 1, column: 1), layout)
    let scale = heatmap.resolution / 72
    #expect(pixels[Int(place.minX * scale), Int(place.midY * scale)] == .black)
  }

  @Test func `Every size gives a page with room for its labels`() {
    for rows in [1, 3, 4, 12, 30, 80] {
      for columns in [1, 5, 8, 16, 64] {
        let heatmap = sampleHeatmap(rows: rows, columns: columns)
        let layout = HeatmapLayout(heatmap, measuredOn: Canvas(measuring: .light))
        #expect(heatmap.size.width < 20 && heatmap.size.height < 20)
        #expect(CGRect(origin: .zero, size: layout.page).contains(layout.plot))
        // All tokens of up to 64 columns are lettered; rows are thinned when dense.
        #expect(layout.columnLabels.shown.count == columns)
        let distances = zip(layout.shownRows, layout.shownRows.dropFirst()).map {
          Double($1 - $0) * layout.cell.height
        }
        #expect(distances.allSatisfy { $0 >= 7 })
        #expect((layout.valueSize != nil) == (rows <= 30 && columns <= 16))
      }
    }
  }

  private static let unusualValues: [[Double]] = [
    [.nan, .nan], [.infinity, -.infinity], [1e308, -1e308], [0, 0], [-0.0, 1e-300], [3, 3],
    [1e300, 1e300],
  ]

  @Test(arguments: unusualValues)
  func `Any numbers can be drawn`(values: [Double]) throws {
    for map in [ColorMap.viridis, .blueRed] {
      var heatmap = Heatmap(values: [values], rowLabels: ["0"], columnLabels: ["a", "b"])
      heatmap.colorMap = map
      for format in FigureFormat.allCases { #expect(try heatmap.data(as: format).count > 100) }
    }
  }

  @Test func `Tokens of every script can be drawn`() throws {
    let tokens = [
      "مفاتيح", "钥匙", "鍵は", "열쇠", "चाबियाँ", "กุญแจ", "מפתחות", "ключи", "κλειδιά", "👍🏽🏳️‍🌈",
      "\u{FFFD}", "\u{10FFFF}", "\u{E000}", "\0\n\t", "", "\u{202E}abc\u{301}\u{301}\u{301}",
    ]
    let heatmap = Heatmap(
      values: [tokens.indices.map(Double.init)], rowLabels: ["钥匙"], columnLabels: tokens)
    for format in FigureFormat.allCases { #expect(try heatmap.data(as: format).count > 100) }
  }

  @Test func `The first of equal largest cells is found`() {
    let heatmap = Heatmap(
      values: [[.nan, 1], [2, 2]], rowLabels: ["0", "1"], columnLabels: ["a", "b"])
    #expect(heatmap.largestCell == .init(row: 1, column: 0))
    #expect(Heatmap(values: [[.nan]], rowLabels: [""], columnLabels: [""]).largestCell == nil)
  }
}
