import InterchangeModels
import InterchangeTensors

/// A counterfactual example as a model reads it.
public struct AlignmentExample: Sendable {
  /// The input that is run and changed.
  public var base: ModelInput
  /// One source for each intervened variable.
  public var sources: [ModelInput]
  /// The token ranges of the base's named parts.
  public var baseSpans: [String: Range<Int>]
  /// The token ranges of each source's named parts.
  public var sourceSpans: [[String: Range<Int>]]
  /// The output that the high-level model gives under the interchange.
  public var label: Int
  /// The outputs that are compared; empty for all outputs.
  public var answers: [Int]
  /// The output that the high-level model gives for the base as it is.
  public var baseLabel: Int

  /// An example of these parts.
  public init(
    base: ModelInput, sources: [ModelInput], baseSpans: [String: Range<Int>] = [:],
    sourceSpans: [[String: Range<Int>]]? = nil, label: Int, answers: [Int] = [], baseLabel: Int
  ) {
    (self.base, self.sources, self.baseSpans) = (base, sources, baseSpans)
    self.sourceSpans = sourceSpans ?? sources.map { _ in [:] }
    (self.label, self.answers, self.baseLabel) = (label, answers, baseLabel)
  }
}

/// Examples at one site: the edited places of the bases, and the source vectors that were read
/// there.
struct SiteExamples {
  let site: Site
  let examples: [AlignmentExample]
  /// The edited positions of each base.
  let positions: [[Int]]
  /// For each source, the rows of all examples: [Σ positions, width].
  let sourceRows: [Tensor]
  /// The first row of each example, then the number of rows.
  let starts: [Int]

  /// Reads the sources' activations once: the model is frozen.
  ///
  /// - Throws: ``AlignmentError`` when positions don't correspond, ``ModelError`` when the model
  ///   lacks the site or a position.
  init(
    _ examples: [AlignmentExample], at site: Site, of model: Model, store: ActivationStore
  ) throws {
    let sourceCount = try Self.sourceCount(of: examples)
    try model.validate(site, over: examples.flatMap { [$0.base] + $0.sources })
    let positions = try Self.basePositions(of: examples, at: site, of: model)
    var sourceRows: [Tensor] = []
    for index in 0..<sourceCount {
      let inputs = examples.map { $0.sources[index] }
      let sourcePositions = try Self.sourcePositions(
        of: examples, source: index, at: site, of: model, as: positions)
      sourceRows.append(
        try model.activations(at: site, inputs, positions: sourcePositions, store: store))
    }
    self.init(site: site, examples: examples, positions: positions, sourceRows: sourceRows)
  }

  /// - Parameter sourceRows: for each source, the rows of all examples: [Σ positions, width]
  init(
    site: Site, examples: [AlignmentExample], positions: [[Int]], sourceRows: [Tensor]
  ) {
    (self.site, self.examples, self.positions) = (site, examples, positions)
    self.sourceRows = sourceRows
    starts = positions.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
  }

  /// The number of sources, which is the same in all examples.
  static func sourceCount(of examples: [AlignmentExample]) throws -> Int {
    guard let count = examples.first?.sources.count else {
      throw AlignmentError.noExamples(reason: "the data set is empty")
    }
    if let other = examples.first(where: { $0.sources.count != count }) {
      throw AlignmentError.sourceMismatch(expected: count, found: other.sources.count)
    }
    return count
  }

  static func basePositions(
    of examples: [AlignmentExample], at site: Site, of model: Model
  ) throws -> [[Int]] {
    try examples.map {
      try site.positions.resolved(
        length: model.positionCount(of: $0.base, at: site), spans: $0.baseSpans)
    }
  }

  /// The positions of one source, as many in each example as the base has.
  static func sourcePositions(
    of examples: [AlignmentExample], source: Int, at site: Site, of model: Model,
    as bases: [[Int]]
  ) throws -> [[Int]] {
    try zip(examples, bases).map { example, base in
      let found = try site.positions.resolved(
        length: model.positionCount(of: example.sources[source], at: site),
        spans: example.sourceSpans[source])
      guard found.count == base.count else {
        throw AlignmentError.positionMismatch(
          site: site.description, base: base.count, source: found.count)
      }
      return found
    }
  }

  var count: Int { examples.count }

  /// The rows of some examples, of one source, in the order given.
  func rows(of indices: [Int], source: Int) -> Tensor {
    sourceRows[source].gatherRows(indices.flatMap { Array(starts[$0]..<starts[$0 + 1]) })
  }

  /// The same examples with other examples' source rows: a control.
  func replacingSources(_ rows: [Tensor]) -> SiteExamples {
    SiteExamples(site: site, examples: examples, positions: positions, sourceRows: rows)
  }
}

extension Model {
  /// Hidden vectors at a site, batch by batch: [Σ positions, width], input by input.
  ///
  /// - Parameter positions: the wanted positions of each input
  /// - Throws: ``ModelError`` when the model lacks the site or a position, or where a vector has
  ///   numbers for each position and the inputs' lengths differ.
  public func activations(
    at site: Site, _ inputs: [ModelInput], positions: [[Int]], store: ActivationStore? = nil,
    batchSize: Int = 32
  ) throws -> Tensor {
    try validate(site, over: inputs)
    var parts: [Tensor] = []
    for start in stride(from: 0, to: inputs.count, by: batchSize) {
      let range = start..<min(start + batchSize, inputs.count)
      let cells = Cells(site, positions: Array(positions[range]))
      let run = try run(Request(Array(inputs[range]), captures: [cells]), store: store)
      parts.append(run.captures[0].detached)
    }
    guard !parts.isEmpty else { return .zeros([0, try width(of: site)]) }
    return .concatenatingRows(parts)
  }
}
