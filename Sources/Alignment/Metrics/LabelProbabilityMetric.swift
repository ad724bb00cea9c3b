import Foundation
import InterchangeBasics

/// The probability of the counterfactual answer after the swap, among all outputs: the mean of
/// softmax(z)(label).
public struct LabelProbabilityMetric: OutputMetric {
  public let name = "probability"
  public let title = "probability of the label"
  public let definition =
    "The probability of the counterfactual answer among all outputs in the patched run, the mean "
    + "over the pairs."
  public let scale = MetricScale("cividis", lowest: 0, highest: 1)
  public let readsProbabilities = true

  public init() {}

  public func sample(_ outputs: SwapOutputs) -> MetricSample {
    MetricSample(exp(Double(outputs.patched.logProbabilities[outputs.label])))
  }
}
