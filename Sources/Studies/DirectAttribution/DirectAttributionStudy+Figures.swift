import InterchangeBasics
import InterchangeCircuits
import InterchangeFigures
import InterchangeReports

extension DirectAttributionStudy {
  /// The heads over layers, attention and MLP over layers, the sum as it grows, and of a text the
  /// largest heads by source position.
  public func figures() -> [NamedFigure] {
    let heads =
      attribution.heads.isEmpty ? [] : [NamedFigure("direct-heads", Heatmap(headsOf: self))]
    let curves = [
      NamedFigure("direct-layers", LineChart(layersOf: self)),
      NamedFigure("direct-sum", LineChart(sumOf: self)),
    ]
    let hasSources =
      !attribution.sources.isEmpty
      && attribution.sources.allSatisfy { !$0.shares.isEmpty && $0.shares.count <= tokens.count }
    return heads + curves
      + (hasSources ? [NamedFigure("direct-sources", Heatmap(sourcesOf: self))] : [])
  }

  fileprivate var heading: String {
    tokens.isEmpty ? "\(subject): \(question)" : "\(question), “\(subject)”"
  }
}

extension Heatmap {
  /// The share of each head.
  public init(headsOf study: DirectAttributionStudy) {
    let heads = study.attribution.heads
    self.init(
      values: heads.map { $0.shares.map(\.mean) }, rowLabels: heads.map { "\($0.layer)" },
      columnLabels: (heads.first?.shares ?? []).indices.map { "\($0)" })
    (title, subtitle) = ("Direct attribution of heads", study.heading)
    (rowTitle, columnTitle, valueTitle) = ("layer", "head", "share of the logits")
    colorMap = .blueRed
  }

  /// The share of each source position in the largest heads of a text.
  public init(sourcesOf study: DirectAttributionStudy) {
    let sources = study.attribution.sources
    let count = sources.first?.shares.count ?? 0
    self.init(
      values: sources.map(\.shares), rowLabels: sources.map(\.name),
      columnLabels: Array(study.tokens.prefix(count)))
    (title, subtitle) = ("Direct attribution by source position", study.heading)
    (rowTitle, columnTitle, valueTitle) = ("head", "source", "share of the logits")
    (colorMap, rowOrder) = (.blueRed, .firstAtTop)
  }
}

extension LineChart {
  /// The shares of attention and MLP over layers.
  public init(layersOf study: DirectAttributionStudy) {
    let attribution = study.attribution
    func series(_ name: String, _ kind: DirectAttribution.Kind) -> Series {
      Series(
        name,
        points: attribution.parts.filter { $0.kind == kind }.compactMap { part in
          part.layer.map { layer in
            let half = 1.96 * part.share.error
            let isKnown =
              attribution.count > 1 && half >= 0
              && (part.share.mean - half).isFinite && (part.share.mean + half).isFinite
            return Point(
              x: Double(layer), y: part.share.mean,
              interval: isKnown ? part.share.mean - half...part.share.mean + half : nil)
          }
        })
    }
    self.init(
      series: [series("attention", .attention), series("MLP", .mlp)].map { series in
        var series = series
        series.intervals = .band
        return series
      })
    (title, subtitle) = ("Direct attribution by layer", study.heading)
    (xTitle, yTitle) = ("layer", "share of the logits")
    references = [ReferenceLine("", at: 0)]
  }

  /// The sum of embeddings, biases and all layers up to each.
  public init(sumOf study: DirectAttributionStudy) {
    let parts = study.attribution.parts
    var sum = parts.filter { $0.layer == nil }.reduce(0) { $0 + $1.share.mean }
    var points = [Point(x: -1, y: sum)]
    for layer in Set(parts.compactMap(\.layer)).sorted() {
      sum += parts.filter { $0.layer == layer }.reduce(0) { $0 + $1.share.mean }
      points.append(Point(x: Double(layer), y: sum))
    }
    self.init(series: [Series("", points: points)])
    (title, subtitle) = ("The logits as the layers add to them", study.heading)
    (xTitle, yTitle) = ("layers up to (−1: embeddings and biases)", "sum of shares")
    references = [ReferenceLine("", at: 0)]
  }
}
