import Foundation
import InterchangeBasics
import InterchangeFigures
import Testing

@Suite struct HeatmapGridTests {
  private func grid(
    panels: Int, rows: Int, columns: Int, sharesLabels: Bool = true
  ) -> HeatmapGrid {
    HeatmapGrid(
      panels: (0..<panels).map { index in
        let sample = sampleHeatmap(rows: rows, columns: columns)
        var panel = Heatmap(
          values: sample.values.map { $0.map { $0 * Double(index) } },
          rowLabels: sample.rowLabels,
          columnLabels: (0..<columns).map { column in
            ["␣unbelievably", "钥匙", "चाबियाँ", "we"][column % 4]
              + (sharesLabels ? "" : "\(index)")
          })
        panel.title = "block output \(index)"
        panel.rowTitle = "layer"
        panel.columnTitle = "token"
        panel.valueTitle = "accuracy"
        return panel
      })
  }

  private func layout(_ grid: HeatmapGrid) -> HeatmapGridLayout {
    HeatmapGridLayout(grid, measuredOn: Canvas(measuring: grid.theme))
  }

  @Test(arguments: [1, 9, 10, 12, 24, 32], [true, false])
  func `Panels lie apart on one page`(panels: Int, isSquare: Bool) {
    for rows in [5, 80] {
      for columns in [5, 64] {
        var grid = grid(panels: panels, rows: rows, columns: columns)
        grid.hasSquareCells = isSquare
        let layout = layout(grid)
        let what = Comment(rawValue: "\(panels) panels of \(rows) × \(columns)")
        #expect(layout.page.width < 18.6 / 2.54 * 72, what)
        #expect(layout.page.height < 27 / 2.54 * 72, what)
        let page = CGRect(origin: .zero, size: layout.page)
        #expect(layout.plots.allSatisfy(page.contains), what)
        for (index, plot) in layout.plots.enumerated() {
          for other in layout.plots[..<index] {
            // Neighbors keep the gap, and the room of a title above them.
            #expect(!plot.insetBy(dx: -5, dy: -5).intersects(other), what)
          }
        }
      }
    }
  }

  @Test(arguments: [9, 10, 32])
  func `Titles and labels of neighbours keep clear of one another`(panels: Int) {
    let canvas = Canvas(measuring: .light)
    for columns in [5, 16, 64] {
      for grid in [
        grid(panels: panels, rows: 12, columns: columns),
        grid(panels: panels, rows: 12, columns: columns, sharesLabels: false),
      ] {
        let layout = layout(grid)
        for index in 1..<panels where index % layout.columns != 0 {
          let (left, right) = (layout.plots[index - 1], layout.plots[index])
          let title = canvas.size(of: layout.title(of: index - 1, color: .black)).width
          #expect(left.minX + title < right.minX)
          guard let labels = layout.columnLabels(of: index), labels.orientation != .slanted else {
            continue
          }
          let cell = left.width / Double(columns)
          let reach = labels.overhang.left + labels.overhang.right - cell
          #expect(right.minX - left.maxX >= reach)
        }
      }
    }
  }

  @Test func `Shared labels stand below the lowest panel of each column only`() {
    var grid = grid(panels: 10, rows: 4, columns: 4)
    grid.columns = 4
    let lettered = (0..<10).filter { layout(grid).columnLabels(of: $0) != nil }
    #expect(lettered == [6, 7, 8, 9])
    // Slanted labels of 6 would reach into 9.
    #expect(layout(grid).columnLabels(of: 6)?.orientation != .slanted)
    let own = layout(self.grid(panels: 10, rows: 4, columns: 4, sharesLabels: false))
    #expect((0..<10).allSatisfy { own.columnLabels(of: $0) != nil })
  }

  @Test func `Labels are slanted in all panels or in none`() {
    let short = ["a", "b", "c", "d", "e", "f"]
    let long = short.map { "unbelievably" + $0 }
    func orientations(_ labels: [[String]]) -> [AxisLabels.Orientation?] {
      var grid = HeatmapGrid(
        panels: labels.map {
          Heatmap(
            values: [short.indices.map(Double.init)], rowLabels: ["0"], columnLabels: $0)
        })
      grid.columns = labels.count
      let layout = layout(grid)
      return labels.indices.map { layout.columnLabels(of: $0)?.orientation }
    }
    #expect(orientations([long, long.reversed()]) == [.slanted, .slanted])
    #expect(orientations([long, short]) == [.vertical, .horizontal])
  }

  @Test func `The number of columns can be given`() {
    var grid = grid(panels: 9, rows: 4, columns: 4)
    #expect(layout(grid).columns == 3)
    for columns in [1, 2, 9] {
      grid.columns = columns
      #expect(layout(grid).columns == columns)
      #expect(Set(layout(grid).plots.map(\.minX)).count == columns)
    }
    grid.columns = 100
    #expect(layout(grid).columns == 9)
  }

  /// Panel i's largest value is i: on one scale their brightest cells differ.
  @Test func `All panels have one scale`() throws {
    var grid = grid(panels: 4, rows: 3, columns: 3)
    grid.showsValues = false
    let pixels = try grid.rendered()
    let layout = layout(grid)
    let largest = grid.panels[3].values.joined().max()!
    for (index, plot) in layout.plots.enumerated() {
      let value = grid.panels[index].values[2][2] / largest
      let scale = grid.resolution / 72
      // Row 2 is the topmost: the cell's middle in the panel's upper right sixth.
      let x = Int((plot.minX + plot.width * 5 / 6) * scale)
      let y = Int((plot.minY + plot.height / 6) * scale)
      // One level: rounding to eight bits.
      #expect(isNear(pixels[x, y], ColorMap.viridis.color(at: value), within: 1))
    }
  }

  @Test func `What concerns the page comes from the first panel until it is set`() {
    var panel = sampleHeatmap(rows: 2, columns: 2)
    panel.range = 0...3
    panel.theme = .dark
    panel.colorMap = .magma
    let grid = HeatmapGrid(panels: [panel, sampleHeatmap(rows: 2, columns: 2)])
    #expect(grid.range == 0...3 && grid.theme == .dark && grid.colorMap == .magma)
    #expect(grid.rowTitle == "Layer" && grid.valueTitle == "Accuracy" && grid.title.isEmpty)
  }

  @Test(arguments: [Theme.light, .dark])
  func `Nothing reaches the page's edge`(theme: Theme) throws {
    for (panels, rows, columns) in [(9, 80, 5), (32, 12, 12), (12, 30, 64), (10, 2, 40)] {
      for sharesLabels in [true, false] {
        var grid = grid(
          panels: panels, rows: rows, columns: columns, sharesLabels: sharesLabels)
        grid.theme = theme
        grid.resolution = 72
        #expect(try hasEmptyEdge(grid))
      }
    }
  }
}
