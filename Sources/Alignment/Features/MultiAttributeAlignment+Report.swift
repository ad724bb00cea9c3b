import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension MultiAttributeAlignment {
  /// The accuracy of one attribute's swaps that should cause it, on other examples, with controls
  /// and a verdict on the fit.
  ///
  /// - Parameters:
  ///   - examples: those of other attributes and those that should be left aren't counted
  ///   - controls: the controls to run; all by default. The random model's is a fit of all
  ///     attributes
  ///   - randomModel: the same architecture with random weights; made when nil
  ///   - randomStore: the store of its base runs
  /// - Throws: ``AlignmentError`` for an attribute that isn't known or has no such examples,
  ///   `ModelError` when an example doesn't fit.
  public func report(
    of attribute: String, on examples: [AttributeExample],
    controls: Set<ControlKind> = Set(ControlKind.allCases), randomModel: Model? = nil,
    randomStore: ActivationStore? = nil, progress: (String) -> Void = { _ in }
  ) throws -> AlignmentReport {
    let fitted = try FittedAttribute(self, attribute)
    return try fitted.report(
      FitRecord(
        method: "multi-attribute DAS", losses: losses, history: fit,
        orthonormalityError: rotation.orthonormalityError),
      site: search.site.description, on: examples.causing(attribute), controls: controls,
      randomModel: randomModel, randomStore: randomStore, progress: progress)
  }
}

extension [AttributeExample] {
  /// The pairs whose swap should cause an attribute.
  fileprivate func causing(_ attribute: String) -> [AlignmentExample] {
    filter { $0.attribute == attribute && $0.aim == .cause }.map(\.example)
  }
}

/// One attribute's rows of a rotation as its controls see them.
private struct FittedAttribute: JudgedFit {
  let found: MultiAttributeAlignment
  let attribute: String
  let rotation: Rotation
  let training: [SiteExamples]

  init(_ found: MultiAttributeAlignment, _ attribute: String) throws {
    guard let rotation = try found.subspace(of: attribute) else {
      throw AlignmentError.invalidSetting(
        name: "attribute", expected: found.search.blocks.keys.sorted().joined(separator: ", "),
        found: attribute)
    }
    (self.found, self.attribute, self.rotation) = (found, attribute, rotation)
    training = [
      try SiteExamples(
        found.training.examples.causing(attribute), at: found.search.site, of: found.model,
        store: found.store)
    ]
  }

  var model: Model { found.model }
  var store: ActivationStore { found.store }
  var settings: AlignmentSettings { found.search.settings }
  var interventions: [any Intervention] { [DistributedInterchange(rotation)] }
  var rank: Int { rotation.rank }
  var randomName: String { "random subspaces of rank \(rank)" }

  func random(seed: UInt64) throws -> [any Intervention] {
    [
      DistributedInterchange(
        try Rotation.random(rank: rank, width: rotation.width, seed: seed).frozen)
    ]
  }

  func principalComponents(
    of data: [SiteExamples]
  ) throws -> (interventions: [any Intervention], note: String)? {
    try principalSwap(of: data, rank: rank, blocks: [0..<rank])
  }

  /// The fit of all attributes, and no longer.
  func refitted(
    to model: Model, on examples: [AlignmentExample], store: ActivationStore
  ) throws -> any JudgedFit {
    var search = found.search
    search.settings.budget = settings.budget.limited(to: found.losses.count)
    return try FittedAttribute(
      search.fit(model, on: found.training.examples, store: store), attribute)
  }
}
