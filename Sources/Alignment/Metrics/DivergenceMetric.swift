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
    // The sums of the rounded probabilities are divided out: what is left is rounding's square.
    var (mean, own, patched) = (0.0, 0.0, 0.0)
    for (one, other) in zip(base.logProbabilities, outputs.patched.logProbabilities) {
      let probability = exp(Double(one))
      mean += probability * (Double(one) - Double(other))
      own += probability
      patched += exp(Double(other))
    }
    // Never negative but for rounding.
    return MetricSample(max(0, mean / own + log(patched / own)))
  }
}
