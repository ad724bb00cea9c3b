import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The data a method may learn from: the training pairs at a site, and the vectors of the training
/// texts with the values of their attributes.
public struct AttributeTraining {
  public let model: Model
  public let site: Site
  public let attributes: [String]
  /// The training pairs of all attributes.
  public let examples: [AttributeExample]
  /// The vectors of training texts at the site: [n, width].
  public let rows: Tensor
  /// The value of each row, of each attribute.
  public let values: [String: [String]]
  /// The training of fits, with the seed.
  public let settings: AlignmentSettings
  public let store: ActivationStore
  let measurement: AttributeMeasurement

  /// Texts of which methods see the vectors, at most.
  static let textCount = 4096

  /// Reads what methods learn from.
  ///
  /// - Throws: ``AlignmentError`` or `ModelError` for a site that the model or a text lacks.
  init(
    _ pairs: AttributePairs, at site: Site, of model: Model, store: ActivationStore,
    settings: AlignmentSettings
  ) throws {
    (self.model, self.site, self.attributes) = (model, site, pairs.attributes)
    (self.store, self.settings) = (store, settings)
    examples = pairs.examples[.train] ?? []
    var generator = RandomGenerator(seed: settings.seed ^ 0x7E87)
    let known =
      pairs.known.count <= Self.textCount
      ? pairs.known : Array(pairs.known.shuffled(using: &generator).prefix(Self.textCount))
    guard !known.isEmpty else {
      throw AlignmentError.noExamples(reason: "there is no training text that the model knows")
    }
    let positions = try known.map {
      try site.positions.resolved(
        length: model.positionCount(of: $0.input, at: site), spans: $0.spans)
    }
    rows = try model.activations(at: site, known.map(\.input), positions: positions)
    values = Dictionary(
      uniqueKeysWithValues: pairs.attributes.map { attribute in
        (
          attribute,
          zip(known, positions).flatMap { text, positions in
            positions.map { _ in text.values[attribute] ?? "" }
          }
        )
      })
    measurement = try AttributeMeasurement(
      examples, at: site, of: model, store: store, batchSize: settings.batchSize)
  }

  private init(_ other: AttributeTraining, seed: UInt64) {
    (model, site, attributes) = (other.model, other.site, other.attributes)
    (examples, rows, values) = (other.examples, other.rows, other.values)
    (store, measurement) = (other.store, other.measurement)
    var settings = other.settings
    settings.seed = seed
    self.settings = settings
  }

  /// The same with another seed.
  func seeded(_ seed: UInt64) -> AttributeTraining { AttributeTraining(self, seed: seed) }

  /// The pairs of an attribute and an aim.
  public func pairs(_ attribute: String, _ aim: AttributeExample.Aim) -> [AlignmentExample] {
    examples.filter { $0.attribute == attribute && $0.aim == aim }.map(\.example)
  }

  /// The accuracies of an intervention on an attribute's training pairs.
  ///
  /// - Parameter most: pairs of each aim, at most
  public func score(
    _ intervention: any Intervention, of attribute: String, most: Int = 64
  ) throws -> AttributeReport {
    try measurement.report(intervention, attribute, most: most)
  }
}

/// The outcomes of attributes' pairs at a site.
struct AttributeMeasurement {
  let examples: [AttributeExample]
  let data: SiteExamples
  let run: InterchangeRun

  init(
    _ examples: [AttributeExample], at site: Site, of model: Model, store: ActivationStore,
    batchSize: Int
  ) throws {
    self.examples = examples
    data = try SiteExamples(examples.map(\.example), at: site, of: model, store: store)
    run = InterchangeRun(model: model, store: store, batchSize: batchSize)
  }

  /// The numbers of an attribute's pairs with an aim.
  func indices(_ attribute: String, _ aim: AttributeExample.Aim) -> [Int] {
    examples.indices.filter { examples[$0].attribute == attribute && examples[$0].aim == aim }
  }

  /// The outcomes of an attribute's pairs with an aim under an intervention.
  func outcomes(
    _ intervention: any Intervention, _ attribute: String, _ aim: AttributeExample.Aim,
    most: Int = .max
  ) throws -> [Outcome] {
    try run.outcomes(data, Array(indices(attribute, aim).prefix(most)), intervention)
  }

  /// The accuracies of an attribute's pairs under an intervention.
  func report(
    _ intervention: any Intervention, _ attribute: String, most: Int = .max
  ) throws -> AttributeReport {
    func accuracy(_ aim: AttributeExample.Aim) throws -> Accuracy? {
      let outcomes = try outcomes(intervention, attribute, aim, most: most)
      return outcomes.isEmpty ? nil : Accuracy(outcomes)
    }
    return AttributeReport(
      attribute: attribute, cause: try accuracy(.cause), leave: try accuracy(.leave))
  }

  /// The largest change of a logit when bases are swapped with themselves.
  func selfSwapChange(_ intervention: any Intervention, most: Int = 32) throws -> Float {
    try run.selfSwap(
      [data], [intervention], Array(data.examples.indices.prefix(most))
    ).largestChange
  }
}
