import InterchangeBasics

/// A measure of how an interchange changes a model's output.
///
/// It is taken of every pair; a cell of a sweep is Σ value / Σ weight over its pairs, which is the
/// mean where every weight is 1.
public protocol OutputMetric: Sendable {
  /// The name on the command line and in records.
  var name: String { get }
  /// The name beside a color bar, with its unit.
  var title: String { get }
  /// The definition, in a sentence.
  var definition: String { get }
  /// The colors of its values.
  var scale: MetricScale { get }
  /// Tells whether every output's probability is read; otherwise the compared answers suffice.
  var readsProbabilities: Bool { get }
  /// Tells whether the outputs of base and source without a swap are read.
  var readsUnpatched: Bool { get }
  /// Tells whether it is the accuracy that every sweep measures anyhow.
  var isAccuracy: Bool { get }
  /// Tells whether an example says anything: one whose label is the base's own may not.
  func counts(_ example: AlignmentExample) -> Bool
  /// The measure of one pair.
  func sample(_ outputs: SwapOutputs) -> MetricSample
}

extension OutputMetric {
  /// The compared answers suffice.
  public var readsProbabilities: Bool { false }
  /// The patched output suffices.
  public var readsUnpatched: Bool { false }
  /// A measure of its own.
  public var isAccuracy: Bool { false }
  /// Every example does.
  public func counts(_ example: AlignmentExample) -> Bool { true }
}

/// The outputs of one pair: the base's with the swap, and those of base and source without it.
public struct SwapOutputs: Sendable {
  /// The base's output with the source's vector.
  public let patched: OutputRow
  /// The base's own output; nil where the metric doesn't read it.
  public let base: OutputRow?
  /// The source's own output; nil where the metric doesn't read it.
  public let source: OutputRow?
  /// The place of the counterfactual answer in a row.
  public let label: Int
  /// The place of the base's own answer in a row.
  public let baseLabel: Int
  /// The places of the answers that are compared; empty for all.
  public let answers: [Int]

  /// The outputs of one pair.
  public init(
    patched: OutputRow, base: OutputRow? = nil, source: OutputRow? = nil, label: Int,
    baseLabel: Int, answers: [Int] = []
  ) {
    (self.patched, self.base, self.source) = (patched, base, source)
    (self.label, self.baseLabel, self.answers) = (label, baseLabel, answers)
  }
}

/// One input's output: logits, and the logarithms of their probabilities where they were asked for.
public struct OutputRow: Sendable {
  /// The logits of the outputs that are compared, or of all.
  public let logits: [Float]
  /// ln p of all outputs (softmax); empty where no metric reads it.
  public let logProbabilities: [Float]

  /// An output.
  public init(logits: [Float], logProbabilities: [Float] = []) {
    (self.logits, self.logProbabilities) = (logits, logProbabilities)
  }

  /// The logit of one output minus that of another.
  public func difference(_ one: Int, _ other: Int) -> Double {
    Double(logits[one]) - Double(logits[other])
  }
}

/// One pair's part of a cell.
public struct MetricSample: Sendable, Equatable {
  /// The summand of the cell's numerator.
  public let value: Double
  /// The summand of its denominator.
  public let weight: Double

  /// A pair's value, with the weight 1 in a mean.
  public init(_ value: Double, weight: Double = 1) { (self.value, self.weight) = (value, weight) }
}

/// The colors of a metric: a color map's name, and where its ends or its middle are fixed.
public struct MetricScale: Sendable, Codable, Equatable {
  /// The name of a color map, such as `viridis`.
  public let colors: String
  /// The value of the map's beginning; nil for the smallest value.
  public let lowest: Double?
  /// The value of the map's end; nil for the largest value.
  public let highest: Double?

  /// A sequential map from `lowest` to `highest`, or a diverging one about 0.
  public init(_ colors: String, lowest: Double? = nil, highest: Double? = nil) {
    (self.colors, self.lowest, self.highest) = (colors, lowest, highest)
  }
}
