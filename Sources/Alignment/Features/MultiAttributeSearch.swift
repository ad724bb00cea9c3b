import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// An example of multi-attribute DAS: whose subspace is swapped, and what should become of it.
public struct AttributeExample: Sendable {
  /// The effect that the swap of an attribute's subspace should have.
  public enum Aim: String, Codable, Sendable, CaseIterable {
    /// The output becomes the one with the source's value: the prompt asks for the attribute.
    case cause
    /// The output stays the base's: the prompt asks for another attribute.
    case leave
  }

  /// The attribute whose subspace is swapped.
  public var attribute: String
  public var aim: Aim
  /// The pair; its label is the counterfactual's for ``Aim/cause``, the base's for ``Aim/leave``.
  public var example: AlignmentExample

  /// A pair with its attribute and aim; the label of one that is to be left alone is the base's.
  public init(_ attribute: String, _ aim: Aim, _ example: AlignmentExample) {
    (self.attribute, self.aim, self.example) = (attribute, aim, example)
    if aim == .leave { self.example.label = example.baseLabel }
  }
}

/// Multi-attribute DAS (MDAS, arXiv 2402.17700): one rotation with a block of rows for each
/// attribute, trained so that a swap of an attribute's block causes this attribute and leaves the
/// others.
public struct MultiAttributeSearch: Sendable {
  /// The place of the hidden vectors.
  public var site: Site
  /// The attributes with their numbers of dimensions, in the order of the rotation's rows.
  public var attributes: [(name: String, dimensions: Int)]
  /// The training of the fit.
  public var settings: AlignmentSettings

  /// A search for several attributes' subspaces at a site.
  public init(
    site: Site, attributes: [(name: String, dimensions: Int)],
    settings: AlignmentSettings = AlignmentSettings()
  ) {
    (self.site, self.attributes, self.settings) = (site, attributes, settings)
  }

  /// The rows of each attribute.
  var blocks: [String: Range<Int>] {
    var (start, blocks) = (0, [String: Range<Int>]())
    for (name, count) in attributes {
      blocks[name] = start..<start + count
      start += count
    }
    return blocks
  }

  /// Fits the rotation: the mean loss of examples that cause and that leave together.
  ///
  /// - Throws: ``AlignmentError``, `ModelError` or `InterventionError` naming what doesn't fit.
  public func fit(
    _ model: Model, on examples: [AttributeExample], store: ActivationStore = ActivationStore(),
    progress: (FitProgress) -> Void = { _ in }
  ) throws -> MultiAttributeAlignment {
    try settings.validate()
    let width = try model.width(of: site)
    let rank = attributes.reduce(0) { $0 + $1.dimensions }
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check(
      !attributes.isEmpty && Set(attributes.map(\.name)).count == attributes.count
        && attributes.allSatisfy { $0.dimensions >= 1 }, "attributes",
      "at least one, each once, with a dimension or more",
      attributes.map { "\($0.name): \($0.dimensions)" }.joined(separator: ", "))
    guard rank <= width else {
      throw InterventionError.rankOutOfRange(rank: rank, width: width)
    }
    let data = try AttributeData(examples, self, model, store)
    let rotation = try Rotation.random(rank: rank, width: width, seed: settings.seed)
    let run = InterchangeRun(model: model, store: store, batchSize: settings.batchSize)
    let (losses, history) = try SwapTraining(
      settings: settings, run: run, indices: Array(examples.indices),
      rate: settings.rate(width: width)
    )(AttributeSwap(rotation: rotation, data: data), progress: progress)
    return MultiAttributeAlignment(
      search: self, rotation: rotation.frozen, losses: losses, fit: history, model: model,
      store: store, training: data)
  }
}

/// Examples with the rows of the rotation that each swaps.
struct AttributeData {
  let site: SiteExamples
  let examples: [AttributeExample]
  /// The rows of each example's attribute.
  let blocks: [Range<Int>]
  let rank: Int

  init(
    _ examples: [AttributeExample], _ search: MultiAttributeSearch, _ model: Model,
    _ store: ActivationStore
  ) throws {
    let known = search.blocks
    blocks = try examples.map { example in
      guard let block = known[example.attribute] else {
        throw AlignmentError.invalidSetting(
          name: "attribute", expected: known.keys.sorted().joined(separator: ", "),
          found: example.attribute)
      }
      return block
    }
    rank = search.attributes.reduce(0) { $0 + $1.dimensions }
    self.examples = examples
    site = try SiteExamples(examples.map(\.example), at: search.site, of: model, store: store)
    guard site.sourceRows.count == 1 else {
      throw AlignmentError.sourceMismatch(expected: 1, found: site.sourceRows.count)
    }
  }

  /// The swap of some examples, each in its own attribute's rows.
  func part(of indices: [Int], _ rotation: Rotation) -> PlacedSwap {
    let rows = indices.flatMap { index -> [[Float]] in
      let row = (0..<rank).map { blocks[index].contains($0) ? Float(1) : 0 }
      return Array(repeating: row, count: site.positions[index].count)
    }
    return PlacedSwap(site, RowMaskedInterchange(rotation, mask: Tensor(rows: rows)))
  }
}

/// h + (M ⊙ (s − h) Rᵀ) R, with the rotation's rows that each row of a batch swaps.
private final class RowMaskedInterchange: Intervention {
  let rotation: Rotation
  /// M: [rows, rank]
  let mask: Tensor

  init(_ rotation: Rotation, mask: Tensor) { (self.rotation, self.mask) = (rotation, mask) }

  var name: String { "multi-attribute interchange" }
  var sourceCount: Int { 1 }
  var parameters: [Parameter] { rotation.trainedParameters }

  func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    let frame = rotation.tensor
    return base + ((sources[0] - base).linear(frame) * mask).matrixProduct(frame)
  }
}

/// The rotation of several attributes in training.
private struct AttributeSwap: TrainedSwap {
  let rotation: Rotation
  let data: AttributeData

  var groups: [TrainedGroup] {
    [TrainedGroup(rotation.trainedParameters, orthonormal: rotation.trainedParameters)]
  }
  func parts(of indices: [Int]) -> [PlacedSwap] { [data.part(of: indices, rotation)] }
  func judgedParts(of indices: [Int]) -> [PlacedSwap] {
    [data.part(of: indices, rotation.frozen)]
  }
}

/// The accuracies of one attribute's subspace.
public struct AttributeReport: Codable, Sendable, Equatable {
  public let attribute: String
  /// Swaps that should cause the attribute and do; nil without such examples.
  public let cause: Accuracy?
  /// Swaps that should leave other attributes and do; nil without such examples.
  public let leave: Accuracy?

  /// RAVEL's Disentangle score: the mean of both shares.
  public var disentangle: Double? {
    guard let cause, let leave else { return nil }
    return (cause.value + leave.value) / 2
  }
}

/// A fitted rotation with a block of rows for each attribute.
public final class MultiAttributeAlignment {
  /// The search that found it.
  public let search: MultiAttributeSearch
  /// All blocks one after the other [Σ dimensions, width]; no longer trained.
  public let rotation: Rotation
  /// The loss of every training step.
  public let losses: [Double]
  /// The course of the fit.
  public let fit: FitHistory
  let model: Model
  let store: ActivationStore
  let training: AttributeData

  fileprivate init(
    search: MultiAttributeSearch, rotation: Rotation, losses: [Double], fit: FitHistory,
    model: Model, store: ActivationStore, training: AttributeData
  ) {
    (self.search, self.rotation, self.losses, self.fit) = (search, rotation, losses, fit)
    (self.model, self.store, self.training) = (model, store, training)
  }

  /// An attribute's subspace [dimensions, width]; nil for an attribute that isn't known.
  ///
  /// - Throws: `InterventionError` when its rows are no orthonormal frame.
  public func subspace(of attribute: String) throws -> Rotation? {
    try search.blocks[attribute].map {
      try Rotation(
        orthonormal: rotation.frame.gatherRows(Array($0)), isTrained: false)
    }
  }

  /// The attributes' accuracies on other examples.
  ///
  /// - Throws: ``AlignmentError`` or `ModelError` when an example doesn't fit.
  public func evaluate(on examples: [AttributeExample]) throws -> [AttributeReport] {
    try reports(AttributeData(examples, search, model, store))
  }

  /// The attributes' accuracies on the examples of the fit.
  ///
  /// - Throws: as ``evaluate(on:)``.
  public func evaluateTraining() throws -> [AttributeReport] { try reports(training) }

  private func reports(_ data: AttributeData) throws -> [AttributeReport] {
    let run = InterchangeRun(
      model: model, store: store, batchSize: search.settings.batchSize)
    let outcomes = try Array(data.examples.indices).chunked(run.batchSize).flatMap { batch in
      try run.outcomes([data.part(of: batch, rotation)], batch)
    }
    return search.attributes.map { name, _ in
      func accuracy(_ aim: AttributeExample.Aim) -> Accuracy? {
        let found = zip(data.examples, outcomes).filter {
          $0.0.attribute == name && $0.0.aim == aim
        }
        .map(\.1)
        return found.isEmpty ? nil : Accuracy(found)
      }
      return AttributeReport(
        attribute: name, cause: accuracy(.cause), leave: accuracy(.leave))
    }
  }
}
