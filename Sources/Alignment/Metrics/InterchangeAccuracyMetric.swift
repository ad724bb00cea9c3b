import InterchangeBasics

/// Interchange intervention accuracy: the share of pairs whose label has the largest logit of the
/// compared answers after the swap.
public struct InterchangeAccuracyMetric: OutputMetric {
  public let name = "iia"
  public let title = "interchange intervention accuracy"
  public let definition =
    "The share of pairs for which the patched base gives the counterfactual answer."
  public let scale = MetricScale("viridis", lowest: 0, highest: 1)
  public let isAccuracy = true

  public init() {}

  public func sample(_ outputs: SwapOutputs) -> MetricSample {
    let logits = outputs.patched.logits
    let rivals = outputs.answers.isEmpty ? Array(logits.indices) : outputs.answers
    let isRight = rivals.allSatisfy {
      $0 == outputs.label || logits[outputs.label] > logits[$0]
    }
    return MetricSample(isRight ? 1 : 0)
  }
}
