import Foundation
import InterchangeFigures
import Testing

@Suite struct AttentionTests {
  private func pixel(
    _ pixels: Pixels, _ heatmap: Heatmap, row: Int, column: Int
  ) -> Color {
    let layout = HeatmapLayout(heatmap, measuredOn: Canvas(measuring: heatmap.theme))
    let place = heatmap.frame(of: .init(row: row, column: column), layout)
    let scale = heatmap.resolution / 72
    return pixels[Int(place.midX * scale), Int(place.midY * scale)]
  }

  @Test(arguments: [Theme.light, .dark])
  func `Keys after a query are blank, not hatched`(theme: Theme) throws {
    let tokens = ["a", "b", "c"]
    var weights = ReferenceFigure.weights(of: 0, count: 3)
    weights[1][0] = .nan
    weights[0][2] = 0.5
    var heatmap = Heatmap(attention: weights, queries: tokens, keys: tokens)
    heatmap.theme = theme
    heatmap.showsValues = false
    let pixels = try heatmap.rendered()
    #expect(
      heatmap.blankCells == [
        .init(row: 0, column: 1), .init(row: 0, column: 2), .init(row: 1, column: 2),
      ])
    for cell in heatmap.blankCells {
      #expect(pixel(pixels, heatmap, row: cell.row, column: cell.column) == theme.background)
    }
    // Cells that were not measured are hatched there too.
    let hatched = pixel(pixels, heatmap, row: 1, column: 0)
    #expect(hatched != theme.background)
    let last = ColorMap.viridis.color(at: weights[2][2])
    #expect(isNear(pixel(pixels, heatmap, row: 2, column: 2), last, within: 1))
    #expect(heatmap.rowOrder == .firstAtTop && heatmap.largestCell == .init(row: 0, column: 0))
  }

  @Test func `Stored keys come before the queries`() {
    let heatmap = Heatmap(
      attention: [[0.2, 0.3, 0.5, 0], [0.1, 0.2, 0.3, 0.4]], queries: ["c", "d"],
      keys: ["a", "b", "c", "d"])
    #expect(heatmap.blankCells == [.init(row: 0, column: 3)])
    let encoder = Heatmap(
      attention: [[0.5, 0.5], [0.5, 0.5]], queries: ["a", "b"], keys: ["a", "b"],
      isCausal: false)
    #expect(encoder.blankCells.isEmpty && encoder.values[0][1] == 0.5)
  }

  @Test func `Cells are square, up to 64 tokens lettered`() {
    for count in [1, 5, 16, 64] {
      let tokens = (0..<count).map { "␣token\($0)" }
      let heatmap = Heatmap(
        attention: ReferenceFigure.weights(of: 2, count: count), queries: tokens, keys: tokens)
      let layout = HeatmapLayout(heatmap, measuredOn: Canvas(measuring: .light))
      #expect(layout.cell.width == layout.cell.height)
      #expect(layout.shownRows.count == count && layout.columnLabels.shown.count == count)
      #expect(heatmap.size.width < 19 && heatmap.size.height < 19)
    }
  }

  @Test func `A grid of heads has a panel a head`() {
    let grid = ReferenceFigure.attentionGrid
    #expect(grid.panels.map(\.title) == (0..<6).map { "head \($0)" })
    #expect(grid.panels.allSatisfy { $0.blankCells.count == 28 })
    #expect(grid.hasSquareCells && grid.range == 0...1 && grid.rowTitle == "query")
  }
}

@Suite struct SubspaceHeatmapTests {
  @Test func `Groups are parted by lines`() throws {
    let values = [[1, 0.9, 0.1], [0.9, 1, 0.2], [0.1, 0.2, 1]]
    let heatmap = Heatmap(
      cosines: values, between: ["4/0", "4/1", "8/0"], groups: ["4", "4", "8"])
    #expect(heatmap.rowBreaks == [2] && heatmap.columnBreaks == [2])
    #expect(heatmap.range == 0...1 && heatmap.hasSquareCells)
    #expect(Heatmap(cosines: values, between: ["a", "b", "c"]).rowBreaks.isEmpty)

    let layout = HeatmapLayout(heatmap, measuredOn: Canvas(measuring: .light))
    let pixels = try heatmap.rendered()
    let scale = heatmap.resolution / 72
    let place = heatmap.frame(of: .init(row: 0, column: 2), layout)
    let line = (-6...6).map { pixels[Int(place.minX * scale) + $0, Int(place.midY * scale)] }
    #expect(line.contains { $0.lightness < 20 } && line.contains { $0.lightness > 95 })
  }

  @Test func `Near subspaces are light, whether by angle or by cosine`() {
    let angles = Heatmap(angles: [[0, 90], [90, 0]], between: ["a", "b"])
    let cosines = Heatmap(cosines: [[1, 0], [0, 1]], between: ["a", "b"])
    #expect(angles.range == 0...90)
    #expect(angles.colorMap.color(at: 0) == cosines.colorMap.color(at: 1))
    #expect(angles.colorMap.color(at: 1) == cosines.colorMap.color(at: 0))
  }

  @Test func `Matrices not measured everywhere can be drawn`() throws {
    let heatmap = Heatmap(
      angles: [[0, .nan], [.nan, 0]], between: ["a", "b"], groups: ["a", "b"])
    #expect(try hasEmptyEdge(heatmap))
  }
}
