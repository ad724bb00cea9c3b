import InterchangeFigures
import Testing

/// The content of figures, as text.
@Suite struct FigureDataTests {
  @Test func heatmap() {
    var map = Heatmap(
      values: [[0.5, .nan], [-0.0, 1.0 / 3]], rowLabels: ["0", "1"], columnLabels: ["␣a", "b\tc"])
    (map.title, map.subtitle, map.valueTitle) = ("Effect", "n = 4", "accuracy")
    (map.rowTitle, map.columnTitle) = ("layer", "token")
    map.markedCells = [.init(row: 1, column: 0)]
    let expected = """
      Effect\tn = 4
      accuracy
      layer/token\t␣a\tb c
      0\t0.5\tnan
      1\t0\t0.333333
      marked\t1\t␣a

      """
    #expect(map.tabSeparatedData == expected)
    // The looks don't matter.
    map.theme = .dark
    map.colorMap = .blueRed
    map.showsValues = false
    #expect(map.tabSeparatedData == expected)
    map.title = "A"
    var grid = HeatmapGrid(panels: [map, map])
    grid.title = "Both"
    let panel = expected.replacing("Effect\tn = 4\naccuracy\n", with: "A\n")
    #expect(grid.tabSeparatedData == "Both\naccuracy\n" + panel + panel)
  }

  @Test func lineChart() {
    var control = LineChart.Series(
      "control", points: [.init(x: 1, y: 0.25, interval: 0.125...0.5, label: "A")])
    control.isControl = true
    var chart = LineChart(series: [.init("DAS", points: [.init(x: 0, y: 1)]), control])
    (chart.xTitle, chart.yTitle) = ("rank", "IIA")
    chart.references = [.init("chance", at: 0.5)]
    chart.horizontalScale = .categories(["one", "two"])
    #expect(
      chart.tabSeparatedData
        == "chance\t0.5\nDAS\trank\tIIA\none\t1\ncontrol\trank\tIIA\ntwo\t0.25\t0.125\t0.5\tA\n")
    chart.horizontalScale = .linear
    #expect(chart.tabSeparatedData.contains("\n1\t0.25\t"))
  }

  @Test func scatterChart() {
    let (base, source) = (
      ScatterChart.Point(x: 1, y: -2, value: 1), ScatterChart.Point(x: 1e-9, y: 12_345_678)
    )
    var chart = ScatterChart(series: [.init("base", points: [base, source])])
    (chart.title, chart.xTitle, chart.yTitle) = ("Plane", "x", "y")
    chart.arrows = [.init(from: base, to: source)]
    #expect(
      chart.tabSeparatedData
        == "Plane\nbase\tx\ty\n1\t-2\t1\n1e-09\t1.23457e+07\narrow\t1\t-2\t1e-09\t1.23457e+07\n")
  }
}
