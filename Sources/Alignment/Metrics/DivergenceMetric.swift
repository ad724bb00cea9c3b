import Foundation
import InterchangeBasics

/// The Kullback–Leibler divergence of the patched output from the base's own, in nats: the mean of
/// Σ p(base) · ln(p(base) / p(patched)) over all outputs.
///
/// It needs no label: 0 where the swap changes nothing, whatever the answer. The direction is that
/// of circuit discovery (Conmy et al. 2023, arXiv 2304.14997): the unchanged run comes first.
public struct DivergenceMetric: OutputMetric {
  public let name = "kl"
  public let title = "KL(base ‖ patched), nats"
  public let definition =
    "The Kullback–Leibler divergence of the patched run’s output from the base’s own, over all "
    + "outputs, the mean over the pairs: 0 where the swap changes nothing."
  public let scale = MetricScale("magma", lowest: 0)
  public let readsProbabilities = true
  public let readsUnpatched = true

  public init() {}

  public func sample(_ outputs: SwapOutputs) -> MetricSample {
    guard let base = outputs.base else { return MetricSample(.nan) }
    var sum = 0.0
    for (own, patched) in zip(base.logProbabilities, outputs.patched.logProbabilities) {
      sum += exp(Double(own)) * (Double(own) - Double(patched))
    }
    // Never negative but for rounding.
    return MetricSample(max(0, sum))
  }
}
