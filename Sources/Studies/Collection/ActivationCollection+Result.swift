import Foundation
import InterchangeCheckpoints
import InterchangeFigures
import InterchangeModels
import InterchangeReports

extension ActivationCollection: RunResult {
  public static let kind = "collection"

  public var tables: [ResultTable] { [table] }

  /// Each site's file with the lengths of its vectors.
  public var table: ResultTable {
    ResultTable(
      "Activations of \(texts) texts.", note: note,
      header: ["site", "layer", "shape", "median length", "middle half", "file"],
      rows: places.map { place in
        [
          place.part, "\(place.layer)", "\(rows) × \(place.width)",
          Self.number(place.norms.median),
          "\(Self.number(place.norms.low)) – \(Self.number(place.norms.high))", place.file,
        ]
      })
  }

  public var dataTables: [ResultTable] {
    [
      ResultTable(
        header: [
          "site", "layer", "rows", "width", "least", "low", "median", "high", "most", "file",
        ],
        rows: places.map { place in
          let norms = place.norms
          return [place.part, "\(place.layer)", "\(rows)", "\(place.width)"]
            + [norms.least, norms.low, norms.median, norms.high, norms.most].map(
              ResultTable.exact) + [place.file]
        })
    ]
  }

  private static func number(_ value: Double) -> String { String(format: "%.4g", value) }

  private var note: String {
    "float32; rows are the positions \(positions) of each text, and \(Self.manifestName) names "
      + "text, position and token of each."
      + (summarized < rows ? " Medians and quartiles are of \(summarized) rows at random." : "")
  }

  /// The lengths over layers where there are several; the plane of a single site's rows.
  public func figures() -> [NamedFigure] {
    let layers = Set(places.map(\.layer))
    return (layers.count > 1 ? [NamedFigure("norms", normFigure)] : [])
      + (plane.map { [NamedFigure("plane", ScatterChart($0, of: self))] } ?? [])
  }

  /// The parts of the places, in their order.
  var parts: [String] {
    places.indices.filter { index in !places[..<index].contains { $0.part == places[index].part } }
      .map { places[$0].part }
  }

  private var normFigure: any Figure {
    parts.count <= 4 ? LineChart(lengthsOf: self) : Heatmap(lengthsOf: self)
  }

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "activations", title: "Activations of \(source)",
        parts: [
          .text(
            "The vectors at \(positions) of \(texts) texts, \(rows) rows a site, in \(format) "
              + "files."), .drawn(figures()), .table(table),
        ])
    ]
  }

  /// The sites' files and the manifest, by the names that a run gives them.
  public var files: [String] {
    guard let format = RowFileFormats.named(format) else { return [] }
    let sites = places.compactMap { place -> Site? in
      let words = place.part.split(separator: " ")
      guard let component = words.first.flatMap({ Component(rawValue: String($0)) }) else {
        return nil
      }
      return Site(component, layer: place.layer, head: words.dropFirst().first.flatMap { Int($0) })
    }
    return sites.map { $0.file(in: format) } + [Self.manifestName]
  }

  public var measures: [RunMeasure] {
    guard let last = places.last else { return [] }
    return [RunMeasure("median length", last.norms.median)]
  }
}

extension RunResults {
  /// The result of ``ActivationCollection``.
  public var collection: ActivationCollection? { self[ActivationCollection.self] }
}

extension LineChart {
  /// Medians of vectors' lengths over layers with the middle half of the rows.
  public init(lengthsOf collection: ActivationCollection) {
    self.init(
      series: collection.parts.map { part in
        var series = Series(
          part,
          points: collection.places.filter { $0.part == part }.map { place in
            let (low, high) = (place.norms.low, place.norms.high)
            return Point(
              x: Double(place.layer), y: place.norms.median,
              interval: low <= high ? low...high : nil)
          })
        series.intervals = .band
        return series
      })
    title = "Lengths of activations"
    subtitle = "\(collection.source), \(collection.rows) rows at \(collection.positions)"
    (xTitle, yTitle) = ("layer", "‖h‖, median and middle half")
    let most = collection.places.map(\.norms.high).filter(\.isFinite).max() ?? 1
    valueRange = 0...max(most * 1.05, .leastNonzeroMagnitude)
  }
}

extension Heatmap {
  /// Medians of vectors' lengths by part and layer.
  public init(lengthsOf collection: ActivationCollection) {
    let (parts, layers) = (collection.parts, Set(collection.places.map(\.layer)).sorted())
    self.init(
      values: layers.map { layer in
        parts.map { part in
          collection.places.first { $0.part == part && $0.layer == layer }?.norms.median ?? .nan
        }
      }, rowLabels: layers.map(String.init), columnLabels: parts)
    title = "Median lengths of activations"
    subtitle = "\(collection.source), \(collection.rows) rows at \(collection.positions)"
    (rowTitle, columnTitle, valueTitle) = ("layer", "site", "‖h‖, median")
  }
}

extension ScatterChart {
  /// Rows in the plane of their first two principal components, colored by label.
  public init(_ plane: ActivationCollection.Plane, of collection: ActivationCollection) {
    let names = Set(plane.points.compactMap(\.label)).sorted()
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Double($0)) })
    self.init(
      series: [
        Series(
          "",
          points: plane.points.map { point in
            Point(x: point.x, y: point.y, value: point.label.flatMap { places[$0] })
          })
      ])
    if !names.isEmpty {
      coloring = .categories(names)
      valueTitle = collection.label ?? ""
    }
    title = collection.places.first.map { "\($0.part) of layer \($0.layer)" } ?? ""
    subtitle =
      "\(collection.source), "
      + (plane.points.count < collection.rows ? "\(plane.points.count) of " : "")
      + "\(collection.rows) rows at \(collection.positions)"
      + (plane.leavesOutFirst && plane.points.count < collection.rows
        ? ", no first positions" : "")
    func axis(_ index: Int) -> String {
      String(format: "component %d (%.0f %% of variance)", index + 1, 100 * plane.shares[index])
    }
    (xTitle, yTitle) = (axis(0), axis(1))
    aspect = .equal
  }
}
