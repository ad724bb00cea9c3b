import InterchangeBasics
import InterchangeTensors

/// Interchange through gates: h + D(f + m ⊙ (f_s − f)) − D(f), with m from a ``FeatureGate``.
public final class GatedInterchange: Intervention {
  /// The features that are swapped, and how they are written back.
  public let featurizer: any Featurizer
  /// The part of each feature that is swapped.
  public let gate: FeatureGate

  /// A swap with a gate over a featurizer's features.
  public init(_ featurizer: any Featurizer, gate: FeatureGate) {
    require(
      gate.mask.count == featurizer.featureCount,
      "GatedInterchange: gates for \(gate.mask.count) features of \(featurizer.featureCount)")
    (self.featurizer, self.gate) = (featurizer, gate)
  }

  public var name: String { "gated interchange" }
  public var sourceCount: Int { 1 }
  public var parameters: [Parameter] { featurizer.parameters + [gate.logits] }
  public var orthonormalParameters: [Parameter] { featurizer.orthonormalParameters }

  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    featurizer.swapping(base, with: sources[0], mask: gate.mask)
  }
}
