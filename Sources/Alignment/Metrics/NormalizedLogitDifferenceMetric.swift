import InterchangeBasics

/// The part of the way from the base's logit difference to the source's that the swap goes:
/// Σ (d(patched) − d(base)) / Σ (d(source) − d(base)) with d = z(label) − z(base label), over the
/// pairs. 0 is the base run, 1 the source run; it may lie outside.
public struct NormalizedLogitDifferenceMetric: OutputMetric {
  public let name = "normalized-logit-difference"
  public let title = "normalized logit difference (0 base, 1 source)"
  public let definition =
    "The logit difference of the counterfactual and the base’s own answer, as the part of the way "
    + "from the base run (0) to the source run (1): a ratio of sums over the pairs."
  public let scale = MetricScale("blueRed")
  public let readsUnpatched = true

  public init() {}

  public func counts(_ example: AlignmentExample) -> Bool { example.label != example.baseLabel }

  public func sample(_ outputs: SwapOutputs) -> MetricSample {
    func difference(_ row: OutputRow?) -> Double {
      row?.difference(outputs.label, outputs.baseLabel) ?? .nan
    }
    let base = difference(outputs.base)
    return MetricSample(
      difference(outputs.patched) - base, weight: difference(outputs.source) - base)
  }
}
