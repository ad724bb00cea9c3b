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
  /// The part of the learned subspace that the site's projection reads, alone: the illusion test of
  /// Makelov et al. (2023). Only of sites that one projection reads.
  case rowSpace = "row_space"
  /// The part of the learned subspace that the site's projection doesn't read, alone: it changes
  /// nothing downstream.
  case nullSpace = "null_space"

  /// The controls that a user's words name: `all`, `none`, or names such as `self-swap` and
  /// `random-model`, separated by commas; `illusion` is the two of the illusion test.
  ///
  /// - Throws: ``AlignmentError/invalidSetting(name:expected:found:)`` for another word.
  public static func parsing(_ text: String) throws -> Set<ControlKind> {
    // As a document's yes and no.
    if ["none", "false"].contains(text) { return [] }
    if ["all", "true"].contains(text) { return Set(allCases) }
    let names = text.split(separator: ",", omittingEmptySubsequences: false)
    return try names.reduce(into: Set<ControlKind>()) { kinds, name in
      if name == "illusion" {
        kinds.formUnion([.rowSpace, .nullSpace])
      } else if let kind = allCases.first(where: { $0.word == name }) {
        kinds.insert(kind)
      } else {
        throw AlignmentError.invalidSetting(
          name: "controls", expected: words.joined(separator: ", "), found: text)
      }
    }
  }

  /// Every word that ``parsing(_:)`` understands.
  public static var words: [String] { ["all", "none"] + allCases.map(\.word) + ["illusion"] }

  /// The name on the command line and in documents.
  public var word: String { rawValue.replacing("_", with: "-") }
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
