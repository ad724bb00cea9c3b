import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// The metrics of sweeps against plain loops over single swaps.
@Suite struct OutputMetricTests {
  private static let bases = ["the rain", "in a sand", "a cat, ", "12 at "]
  private static let sources = ["a cats", "on a band", "the ho", "on the"]

  /// The last example's label is the base's own answer.
  private func examples(_ model: LanguageModel) -> [AlignmentExample] {
    zip(Self.bases, Self.sources).enumerated().map { index, texts in
      AlignmentExample(
        base: model.encode(texts.0).input, sources: [model.encode(texts.1).input],
        label: [49, 60, 24, 9][index], answers: [49, 60, 24, 9], baseLabel: [60, 24, 49, 9][index])
    }
  }

  private func logits(_ model: LanguageModel, _ text: String) throws -> [Double] {
    try model.logits(after: text).elements.map(Double.init)
  }

  private func probabilities(_ logits: [Double]) -> [Double] {
    let most = logits.max() ?? 0
    let weights = logits.map { exp($0 - most) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// Every metric at every cell, with its interval.
  @Test func cellsEqualPlainLoops() throws {
    let model = try TinyModels.languageModel()
    let data = examples(model)
    let metrics = OutputMetrics.all
    let result = try InterchangeSweep(
      layers: [0, 2], positions: [.index(0), .last], metrics: metrics
    ).run(model.network, on: data)
    #expect(
      result.metrics == [
        "iia", "logit-difference", "normalized-logit-difference", "probability", "kl",
      ])
    let maps = try #require(result.measures)
    // The accuracy is in the cells.
    #expect(maps.map(\.metric) == Array(metrics.map(\.name).dropFirst()))
    for (row, layer) in result.layers.enumerated() {
      for (column, position) in [Positions.index(0), .last].enumerated() {
        var values: [String: [(Double, Double)]] = [:]
        for (index, example) in data.enumerated() {
          let swap = try model.interchange(
            at: .blockOutput(layer, position), base: Self.bases[index], source: Self.sources[index])
          let patched = swap.logits.elements.map(Double.init)
          let base = try logits(model, Self.bases[index])
          let source = try logits(model, Self.sources[index])
          func lead(_ logits: [Double]) -> Double {
            logits[example.label] - logits[example.baseLabel]
          }
          let (p, q) = (probabilities(base), probabilities(patched))
          if example.label != example.baseLabel {
            values["logit-difference", default: []].append((lead(patched), 1))
            values["normalized-logit-difference", default: []].append(
              (lead(patched) - lead(base), lead(source) - lead(base)))
          }
          values["probability", default: []].append((q[example.label], 1))
          values["kl", default: []].append(
            (zip(p, q).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) }, 1))
        }
        for map in maps {
          let cell = map.cells[row][column]
          let pairs = try #require(values[map.metric])
          let (sum, weight) = (pairs.reduce(0) { $0 + $1.0 }, pairs.reduce(0) { $0 + $1.1 })
          #expect(cell.n == pairs.count, "\(map.metric)")
          guard weight > 0 else {
            #expect(cell.value == nil && cell.interval == nil)
            continue
          }
          let value = try #require(cell.value, "\(map.metric)")
          // Float32 logits below 8 in two orders of computation; a ratio by its denominator.
          let tolerance = 1e-4 * max(1, 4 / abs(weight))
          #expect(abs(value - sum / weight) < tolerance, "\(map.metric)")
          let interval = try #require(cell.interval)
          #expect(abs((interval[0] + interval[1]) / 2 - value) < 1e-9)
          let rests = pairs.map { $0.0 - sum / weight * $0.1 }
          let deviation = (rests.reduce(0) { $0 + $1 * $1 } / Double(pairs.count - 1)).squareRoot()
          let error = deviation / Double(pairs.count).squareRoot() * Double(pairs.count) / weight
          #expect(abs((interval[1] - interval[0]) / 2 - 1.96 * error) < 1e-3 * max(1, error))
        }
      }
    }
  }

  /// A swap with itself changes nothing: no divergence, and the base's end of the way.
  @Test func selfSwap() throws {
    let model = try TinyModels.languageModel()
    let data = examples(model).prefix(3).map { example in
      AlignmentExample(
        base: example.base, sources: [example.base], label: example.label,
        baseLabel: example.baseLabel)
    }
    let maps = try #require(
      try InterchangeSweep(
        layers: 0..<3, positions: [.index(1)],
        metrics: [DivergenceMetric(), NormalizedLogitDifferenceMetric()]
      ).run(model.network, on: data).measures)
    for row in maps[0].cells {
      let value = try #require(row[0].value)
      // The square of float32 rounding of logits.
      #expect(value >= 0 && value < 1e-9)
    }
    // From the base to the base there is no way.
    for row in maps[1].cells { #expect(row[0].value == nil && row[0].n == 3) }
  }

  @Test func metricsThatCanNotBeTaken() throws {
    let model = try TinyModels.languageModel()
    let same = [examples(model)[3]]
    let error = #expect(throws: AlignmentError.self) {
      try InterchangeSweep(layers: [0], positions: [.last], metrics: [LogitDifferenceMetric()])
        .run(model.network, on: same)
    }
    #expect("\(try #require(error))".contains("logit-difference"))
    #expect(throws: AlignmentError.self) { try OutputMetrics.named("KL") }
    #expect(try OutputMetrics.named("kl").title.contains("nats"))
  }

  @Test func meansAndRatios() {
    let mean = MetricValue([1, 2, 6].map { MetricSample($0) })
    #expect(mean.value == 3 && mean.n == 3)
    // The deviation is √7, its error √(7/3).
    #expect(
      abs((mean.interval?[1] ?? 0) - (3 + 1.959963984540054 * (7.0 / 3).squareRoot())) < 1e-12)
    let ratio = MetricValue([MetricSample(1, weight: 4), MetricSample(3, weight: 4)])
    #expect(ratio.value == 0.5)
    #expect(MetricValue([]).value == nil)
    #expect(MetricValue([MetricSample(1, weight: -2)]).value == nil)
    #expect(MetricValue([MetricSample(2)]).interval == nil)
  }
}
