import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The controls that belong to every interchange result.
public enum ControlKind: String, CaseIterable, Codable, Sendable {
  /// Each base swapped with itself in the learned subspace: must change nothing, exactly.
  case selfSwap = "self_swap"
  /// The whole vector swapped: the ceiling, unless it brings along what speaks against the
  /// variable.
  case fullVector = "full_vector"
  /// Random subspaces of the same rank.
  case randomSubspaces = "random_subspaces"
  /// The first principal components of the site's activations, as many as the rank.
  case principalComponents = "pca"
  /// The learned subspace with each base's source taken from another example.
  case shuffledSources = "shuffled_sources"
  /// The same fit on a randomly initialized model.
  case randomModel = "random_model"
}

/// One control with its own figure.
public struct ControlResult: Codable, Sendable {
  /// The kind's raw value.
  public let name: String
  /// Interchange intervention accuracy against the examples' labels.
  public let iia: Accuracy
  /// For several subspaces: each one's accuracy.
  public let each: [Double]?
  /// For the self-swap: the largest change of any logit. Anything but 0 is a defect.
  public let largestChange: Float?
  /// The meaning of the figure and the expectation for it.
  public let note: String

  package init(
    name: String, iia: Accuracy, each: [Double]?, largestChange: Float?, note: String
  ) {
    (self.name, self.iia, self.each) = (name, iia, each)
    (self.largestChange, self.note) = (largestChange, note)
  }
}
