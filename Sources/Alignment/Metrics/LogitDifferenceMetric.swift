import InterchangeBasics

/// The logit of the counterfactual answer minus that of the base's own answer, after the swap: the
/// mean of z(label) − z(base label). Above 0 the swap decides the answer.
public struct LogitDifferenceMetric: OutputMetric {
  public let name = "logit-difference"
  public let title = "logit difference, label − base’s answer"
  public let definition =
    "The counterfactual answer’s logit minus the base’s own answer’s in the patched run, the mean "
    + "over the pairs in which these differ."
  public let scale = MetricScale("blueRed")

  public init() {}

  public func counts(_ example: AlignmentExample) -> Bool { example.label != example.baseLabel }

  public func sample(_ outputs: SwapOutputs) -> MetricSample {
    MetricSample(outputs.patched.difference(outputs.label, outputs.baseLabel))
  }
}
