import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A change of a projection's weight, which can be added to it.
public protocol MergeableIntervention: AdditiveIntervention {
  /// The change: [outputs, inputs].
  var weightChange: Tensor { get }
}

extension LowRankUpdate: MergeableIntervention {}
extension WeightUpdate: MergeableIntervention {
  public var weightChange: Tensor { delta.value }
}

extension AdaptedModel {
  /// The base model with the adapters' updates added to its weights, so that a run costs what it
  /// costs without adapters. The base itself stays as it is: to unmerge is to use it again.
  ///
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for an adapter that is no
  ///   change of weights, such as an edit of hidden vectors.
  public func merged() throws -> LanguageModel { try base.adding(weightChanges()) }

  /// The changes of the base's weights that the adapters are.
  ///
  /// - Throws: as ``merged()``.
  package func weightChanges() throws -> [WeightChange] {
    func unmergeable(_ name: String) -> FineTuningError {
      .invalidSetting(name: "merge", expected: "updates of whole projections", found: name)
    }
    if let other = adapters.first(where: { !($0 is InterventionAdapter) }) {
      throw unmergeable(other.method)
    }
    return try interventions.map { placed in
      guard let update = placed.intervention as? any MergeableIntervention,
        let projection = placed.projection
      else { throw unmergeable(placed.intervention.name) }
      return WeightChange(
        layer: placed.site.layer, projection: projection,
        shape: [update.width, update.sourceWidth ?? 0]
      ) { update.weightChange }
    }
  }
}
