import Foundation
import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers

/// Trained vectors before every sequence: soft tokens of the input, or a prefix of keys and values
/// in every layer.
public final class SoftTokens: Adapter {
  /// The kinds of trained vectors.
  public enum Form: String, Codable, Sendable, CaseIterable {
    /// Input embeddings, trained directly (arXiv 2104.08691).
    case prompt = "prompt-tuning"
    /// Input embeddings, made by a small network while they are trained (arXiv 2103.10385).
    case encodedPrompt = "p-tuning"
    /// Keys and values of every layer, made by a small network while they are trained
    /// (arXiv 2101.00190).
    case prefix = "prefix-tuning"
  }

  /// The start of directly trained soft tokens.
  public enum Initialization: Codable, Sendable, Equatable, CustomStringConvertible {
    /// Normal numbers of the embeddings' own deviation.
    case random
    /// Embeddings of tokens drawn from the vocabulary.
    case vocabulary
    /// Embeddings of a text's tokens, again and again: the class labels.
    case text(String)

    /// The text that a user writes.
    public var description: String {
      switch self {
      case .random: "random"
      case .vocabulary: "vocabulary"
      case .text(let text): text
      }
    }

    /// `random`, `vocabulary`, or any other text.
    public init(parsing text: String) {
      switch text {
      case "random": self = .random
      case "vocabulary": self = .vocabulary
      default: self = .text(text)
      }
    }
  }

  public let form: Form
  /// The number of sets of soft tokens, each trained by itself, of which a sequence gets one; they
  /// vote (Lester et al. 2021, §3.5).
  public let members: Int
  private let encoder: SoftTokenEncoder
  /// Where a prefix is put, in the order of its columns; nowhere for other forms.
  private let places: [PrefixPlace]
  /// Tells whether a part of the prefix is before a target.
  private let isBeforeTargets: Bool

  init(
    _ form: Form, _ encoder: SoftTokenEncoder, places: [PrefixPlace], for model: Model,
    members: Int = 1
  ) {
    (self.form, self.encoder, self.places) = (form, encoder, places)
    self.members = members
    isBeforeTargets = form == .prefix && model.architecture.stacks != nil
  }

  /// Vectors that exist already.
  ///
  /// - Parameter vectors: [members · tokens, ``vectorWidth(_:_:)``]
  /// - Throws: `ModelError` for a model without keys and values, when they are a prefix.
  public convenience init(
    _ form: Form, vectors: Tensor, for model: Model, members: Int = 1
  ) throws {
    self.init(
      form, SoftTokenEncoder(vectors),
      places: form == .prefix ? try PrefixPlace.all(of: model) : [], for: model,
      members: members)
  }

  /// The width of a token's vector: the model's, or that of all layers' keys and values together.
  public static func vectorWidth(_ form: Form, _ model: Model) throws -> Int {
    form == .prefix
      ? try PrefixPlace.all(of: model).reduce(0) { $0 + $1.width } : model.architecture.width
  }

  /// Untrained ones.
  ///
  /// - Parameters:
  ///   - count: how many
  ///   - initialization: of those that are trained directly
  ///   - encoderWidth: of the network that makes them; 0 for none, nil for the model's width
  ///   - members: of an ensemble of directly trained ones
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for a text without tokens.
  public convenience init(
    _ form: Form, count: Int, for base: LanguageModel,
    initialization: Initialization = .vocabulary, encoderWidth: Int? = nil, members: Int = 1,
    using generator: inout RandomGenerator
  ) throws {
    let width = base.architecture.width
    let places = form == .prefix ? try PrefixPlace.all(of: base.network) : []
    let outputs = try Self.vectorWidth(form, base.network)
    let hidden = form == .prompt ? 0 : encoderWidth ?? width
    let start: Tensor
    if form == .prompt {
      start = .concatenatingRows(
        try (0..<members).map { _ in
          try Self.start(initialization, count, base, using: &generator)
        })
    } else if hidden == 0 {
      start = .normal([count, outputs], deviation: 0.02, using: &generator)
    } else {
      start = .normal([count, width], using: &generator)
    }
    // P-tuning's network has two hidden layers, prefix tuning's one, as in their authors' code.
    let widths =
      hidden == 0
      ? []
      : form == .prefix ? [width, hidden, outputs] : [width, hidden, hidden, outputs]
    self.init(
      form,
      SoftTokenEncoder(
        start, widths: widths, activation: form == .prefix ? .tanh : .relu, using: &generator),
      places: places, for: base.network, members: members)
  }

  private static func start(
    _ initialization: Initialization, _ count: Int, _ base: LanguageModel,
    using generator: inout RandomGenerator
  ) throws -> Tensor {
    let embed = { (ids: [Int]) in
      try (base.architecture.stacks?.encoder ?? base.architecture)
        .embed([.tokens(ids)], positions: [Array(ids.indices)])
    }
    switch initialization {
    case .random, .vocabulary:
      let drawn = (0..<count).map { _ in
        Int(generator.uniform() * Double(base.tokenizer.count))
      }
      let embedded = try embed(drawn)
      guard initialization == .random else { return embedded }
      let squares = (embedded * embedded).mean().scalar
      return .normal(
        embedded.shape, deviation: Double(squares).squareRoot(), using: &generator)
    case .text(let text):
      let ids = base.tokenizer.encode(text, addingSpecialTokens: false)
      guard !ids.isEmpty else {
        throw FineTuningError.invalidSetting(
          name: "start", expected: "a text with tokens", found: "none")
      }
      return try embed((0..<count).map { ids[$0 % ids.count] })
    }
  }

  public var method: String { form.rawValue }
  public var parameters: [Parameter] { encoder.parameters }
  public var orthonormalParameters: [Parameter] { [] }
  public var virtualTokens: Int { encoder.count / members }
  public var virtualTargets: Int { isBeforeTargets ? virtualTokens : 0 }
  /// The vectors that are put in, member by member: [tokens, width], or for a prefix [tokens, all
  /// layers' keys and values], layer by layer, keys (after their position encoding) and then
  /// values; in a decoder that reads an encoder those of its cross-attention after them.
  public var vectors: Tensor { encoder.output.detached }

  public func validate(for model: Model) throws {
    if form == .prefix {
      let found = try PrefixPlace.all(of: model)
      let layers = (places.map(\.layer).max() ?? -1) + 1
      guard found.count == places.count, layers == model.architecture.layers else {
        throw FineTuningError.invalidSetting(
          name: method, expected: "a model of \(layers) layers",
          found: "\(model.architecture.layers)")
      }
      for (expected, found) in zip(places, found) where expected != found {
        throw FineTuningError.invalidSetting(
          name: "\(method), layer \(expected.layer)",
          expected: "\(expected.component.rawValue) of width \(expected.width)",
          found: "\(found.component.rawValue) of \(found.width)")
      }
      return
    }
    guard encoder.output.width == model.architecture.width else {
      throw FineTuningError.invalidSetting(
        name: method, expected: "a model of width \(encoder.output.width)",
        found: "\(model.architecture.width)")
    }
  }

  public func contribute(to request: inout Request, _ context: AdapterContext) throws {
    let vectors = encoder.output
    guard form == .prefix else {
      let (cells, rows) = cells(.blockInput, layer: 0, request, context)
      guard !rows.isEmpty else { return }
      request.edits.append(Edit(cells) { _ in vectors.gatherRows(rows) })
      return
    }
    var column = 0
    for place in places {
      let columns = column..<column + place.width
      column += place.width
      let (cells, rows) = cells(place.component, layer: place.layer, request, context)
      guard !rows.isEmpty else { continue }
      request.edits.append(
        Edit(cells) { _ in vectors.columns(columns).gatherRows(rows) })
    }
  }

  /// The cells of its tokens at a component, and the row of its vectors for each.
  private func cells(
    _ component: Component, layer: Int, _ request: Request, _ context: AdapterContext
  ) -> (cells: Cells, rows: [Int]) {
    let isOfSource = context.model.isOfSource(component, layer: layer)
    let isOfTarget = context.model.architecture.stacks != nil && !isOfSource
    let own = isOfTarget ? context.ownTargets : context.ownTokens
    // Once they have been read their keys and values are in the caches; those of a source are made
    // again where edits concern them.
    let positions = request.inputs.indices.map { sequence in
      let start = isOfSource ? 0 : request.caches?[sequence].count ?? 0
      return own.filter { $0 >= start }
    }
    let rows = zip(positions, context.members).flatMap { positions, member in
      positions.map { member * virtualTokens + $0 - own.lowerBound }
    }
    return (Cells(component, layer: layer, positions: positions), rows)
  }
}

/// A place of a prefix: the keys or values of a layer, which its tokens' are put before.
struct PrefixPlace: Equatable {
  let component: Component
  let layer: Int
  let width: Int

  /// All places of a model, layer by layer: keys and values, and those of a cross-attention.
  ///
  /// - Throws: `ModelError` for a model without keys and values.
  static func all(of model: Model) throws -> [PrefixPlace] {
    try (0..<model.architecture.layers).flatMap { layer in
      var components = [Component.positionedKeyOutput, .valueOutput]
      if model.architecture.hasComponent(.crossKeyOutput, layer: layer) {
        components += [.crossKeyOutput, .crossValueOutput]
      }
      return try components.map {
        PrefixPlace(component: $0, layer: layer, width: try model.width(of: Site($0, layer: layer)))
      }
    }
  }
}

/// The vectors themselves, or the network that makes them.
struct SoftTokenEncoder {
  private let start: Parameter
  private let maps: [(weight: Parameter, bias: Parameter)]
  private let activation: Activation

  /// - Parameters:
  ///   - start: [tokens, first width]
  ///   - widths: of the network's layers, input and output included; empty for none
  init(
    _ start: Tensor, widths: [Int] = [], activation: Activation = .relu,
    using generator: inout RandomGenerator
  ) {
    self.start = Parameter("tokens", start)
    self.activation = activation
    maps = zip(widths, widths.dropFirst()).enumerated().map { index, pair in
      let bound = 1 / Double(pair.0).squareRoot()
      return (
        Parameter(
          "weight.\(index)",
          .uniform([pair.1, pair.0], in: -bound..<bound, using: &generator)),
        Parameter(
          "bias.\(index)", .uniform([pair.1], in: -bound..<bound, using: &generator))
      )
    }
  }

  /// Vectors without a network.
  init(_ vectors: Tensor) {
    (start, maps, activation) = (Parameter("tokens", vectors), [], .relu)
  }

  var count: Int { start.value.rows }
  var parameters: [Parameter] { [start] + maps.flatMap { [$0.weight, $0.bias] } }

  /// [tokens, last width]
  var output: Tensor {
    var rows = start.tensor
    for (index, map) in maps.enumerated() {
      rows = rows.linear(map.weight.tensor, bias: map.bias.tensor)
      if index < maps.count - 1 { rows = rows.activated(activation) }
    }
    return rows
  }
}

/// The record of soft tokens in files beside their vectors.
private struct SoftTokensRecord: Codable {
  let form: SoftTokens.Form
  let count: Int
  /// One when it isn't said.
  let members: Int?
}

extension SoftTokens {
  public static var kind: String { "soft tokens" }

  public func configuration() throws -> Data {
    try AdapterFile.encoded(SoftTokensRecord(form: form, count: virtualTokens, members: members))
  }

  /// The vectors alone: the network that made them is dropped.
  public var tensors: [(name: String, tensor: Tensor)] { [("tokens", vectors)] }

  public convenience init(
    configuration: Data, tensors: AdapterTensors, base: LanguageModel
  ) throws {
    guard let record = try? JSONDecoder().decode(SoftTokensRecord.self, from: configuration)
    else { throw tensors.invalid("configuration", "a form and a count", "something else") }
    guard (1...base.architecture.maximumLength).contains(record.count) else {
      throw tensors.invalid(
        "count", "1 to \(base.architecture.maximumLength)", "\(record.count)")
    }
    let members = record.members ?? 1
    guard (1...1024).contains(members) else {
      throw tensors.invalid("members", "1 to 1024", "\(members)")
    }
    let width = try Self.vectorWidth(record.form, base.network)
    try self.init(
      record.form, vectors: tensors.tensor("tokens", [members * record.count, width]),
      for: base.network, members: members)
  }
}
