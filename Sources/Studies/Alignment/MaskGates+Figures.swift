import InterchangeAlignment
import InterchangeFigures
import InterchangeModels
import InterchangeReports

extension MaskGates {
  /// The gates as a picture: of features of one site their values, of features of several sites the
  /// number that is open at each, of heads a map over layers, of sites one over layers and
  /// positions; nil without gates.
  func figure(of run: AlignmentRun) -> (any Figure)? {
    guard !parts.isEmpty, parts.allSatisfy({ !$0.gates.isEmpty }) else { return nil }
    let title = "\(run.task): \(run.variable)"
    let found = "\(run.report.site), \(openCount) of \(count) "
    switch unit {
    case .features where parts.count == 1:
      var chart = sortedGates
      chart.title = title
      chart.subtitle = found + "features chosen (\(basis ?? ""))"
      return chart
    case .features:
      var chart = openCounts
      chart.title = title
      chart.subtitle = found + "features chosen (\(basis ?? ""))"
      return chart
    case .heads:
      var map = Heatmap(gatesOfHeads: self)
      (map.title, map.subtitle) = (title, found + "heads chosen")
      return map
    case .sites:
      var map = Heatmap(gatesOfSites: self)
      (map.title, map.subtitle) = (title, found + "sites chosen")
      return map
    }
  }

  /// The gates of the first site, the largest first.
  private var sortedGates: LineChart {
    let gates = parts[0].gates.sorted(by: >)
    var chart = LineChart(series: [
      .init("", points: gates.enumerated().map { .init(x: Double($0 + 1), y: $1) })
    ])
    chart.references = [.init("swapped above", at: 0.5)]
    chart.valueRange = 0...1
    (chart.xTitle, chart.yTitle) = ("feature, by its gate", "gate at the last temperature")
    return chart
  }

  /// The number of open gates at each site.
  private var openCounts: LineChart {
    var series = LineChart.Series(
      "", points: parts.enumerated().map { .init(x: Double($0), y: Double($1.openCount)) })
    series.isJoined = false
    var chart = LineChart(series: [series])
    chart.horizontalScale = .categories(siteLabels)
    let counts = Set(parts.map(\.gates.count))
    let each = counts.count == 1 ? counts.map { ", of \($0) each" }.joined() : ""
    (chart.xTitle, chart.yTitle) = (sitesTitle, "features chosen" + each)
    chart.valueRange = 0...Double(max(1, parts.map(\.gates.count).max() ?? 1))
    chart.pageSize = FigureSize(width: 11, height: 6.4)
    return chart
  }

  /// Tells whether sites differ by their layers alone.
  private var isByLayer: Bool { Set(parts.map(\.site.layer)).count == parts.count }

  fileprivate var siteLabels: [String] {
    parts.map { isByLayer ? "\($0.site.layer)" : $0.site.description }
  }

  fileprivate var sitesTitle: String { isByLayer ? "layer" : "site" }
}

extension Heatmap {
  /// The gates of heads, a row for each site.
  fileprivate init(gatesOfHeads mask: MaskGates) {
    let heads = mask.parts.map(\.gates.count).max() ?? 0
    self.init(
      values: mask.parts.map { $0.gates + Array(repeating: .nan, count: heads - $0.gates.count) },
      rowLabels: mask.siteLabels, columnLabels: (0..<heads).map(String.init))
    (rowTitle, columnTitle) = (mask.sitesTitle, "head")
    style()
  }

  /// The gates of sites: layers from below, positions or components side by side.
  fileprivate init(gatesOfSites mask: MaskGates) {
    let sites = mask.parts.map(\.site)
    let layers = Set(sites.map(\.layer)).sorted()
    let hasOneComponent = Set(sites.map(\.name)).count == 1
    func column(_ site: Site) -> String {
      hasOneComponent ? "\(site.positions)" : "\(site.name) @ \(site.positions)"
    }
    var columns: [String] = []
    for label in sites.map(column) where !columns.contains(label) { columns.append(label) }
    var values = layers.map { _ in columns.map { _ in Double.nan } }
    for part in mask.parts {
      guard let row = layers.firstIndex(of: part.site.layer),
        let place = columns.firstIndex(of: column(part.site))
      else { continue }
      values[row][place] = part.gates[0]
    }
    self.init(values: values, rowLabels: layers.map(String.init), columnLabels: columns)
    (rowTitle, columnTitle) = ("layer", hasOneComponent ? "position" : "site")
    style()
  }

  private mutating func style() {
    (valueTitle, range) = ("gate at the last temperature", 0...1)
    missingTitle = "no gate"
    markedValues = [0.5]
  }
}
