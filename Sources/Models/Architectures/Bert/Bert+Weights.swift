import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// The names of a BERT's tensors in a folder's checkpoint, without the family's prefix.
private enum BertNames {
  static let embeddings = "embeddings."
  static let words = embeddings + "word_embeddings"
  static let positions = embeddings + "position_embeddings"
  static let types = embeddings + "token_type_embeddings"
  static let embeddingNorm = embeddings + "LayerNorm"
  static let pooler = "pooler.dense"

  static func attentionNorm(_ layer: Int) -> String {
    prefix(layer) + "attention.output.LayerNorm"
  }

  static func mlpNorm(_ layer: Int) -> String { prefix(layer) + "output.LayerNorm" }

  /// The name of a projection that its blocks have.
  static func projection(_ projection: Projection, _ layer: Int) -> String {
    let name =
      switch projection {
      case .query: "attention.self.query"
      case .key: "attention.self.key"
      case .value: "attention.self.value"
      case .output: "attention.output.dense"
      case .up: "intermediate.dense"
      case .down: "output.dense"
      case .gate, .crossQuery, .crossKey, .crossValue, .crossOutput:
        programmerError("BERT has no \(projection.rawValue)")
      }
    return prefix(layer) + name
  }

  /// The heads' names, in which the two families differ.
  struct Head {
    let transform: String
    let norm: String
    /// The decoder without its last part: it may have the bias beside itself.
    let decoder: String

    init(_ family: Bert.Family) {
      let isBERT = family == .bert
      transform = isBERT ? "cls.predictions.transform.dense" : "lm_head.dense"
      norm = isBERT ? "cls.predictions.transform.LayerNorm" : "lm_head.layer_norm"
      decoder = isBERT ? "cls.predictions" : "lm_head"
    }
  }

  static let dense = "classifier.dense"
  static let classifier = "classifier"
  static let sequenceClassifier = "classifier.out_proj"

  private static func prefix(_ layer: Int) -> String { "encoder.layer.\(layer)." }
}

extension Bert: WeightInventory {
  /// Maps positions and types after the heads, as random ones have always been drawn.
  public func mapWeights(
    _ change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Bert {
    func table(_ name: String) -> WeightSlot {
      WeightSlot(.table, names: WeightNames(folder: name))
    }
    var copy = self
    copy.words = try words.mapped(table(BertNames.words), by: change)
    copy.embeddingNorm = try embeddingNorm.mapped(
      .blockInput, nil, BertNames.embeddingNorm, change)
    copy.blocks = try blocks.enumerated().map { try $1.mapWeights($0, change) }
    copy.pooler = try pooler?.mapped(
      WeightSlot(
        .map, side: readsPooler ? .measuredRows : .none,
        names: WeightNames(folder: BertNames.pooler)), by: change)
    copy.head = try mapHead(words: copy.words, pooler: copy.pooler, change)
    copy.positions = try positions.mapped(table(BertNames.positions), by: change)
    copy.types = try types.mapped(table(BertNames.types), by: change)
    return copy
  }

  /// Tells whether a classifier reads the pooler, as BERT's does.
  private var readsPooler: Bool {
    guard case .labels = head else { return false }
    return configuration.family == .bert && pooler != nil
  }

  private func mapHead(
    words: Weight, pooler: LinearMap?, _ change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Head? {
    func slot(_ side: WeightSlot.Side, _ name: String, isTied: Bool = false) -> WeightSlot {
      WeightSlot(.map, side: side, names: WeightNames(folder: name), isTied: isTied)
    }
    switch head {
    case .vocabulary(let transform, let norm, let activation, let decoder):
      let names = BertNames.Head(configuration.family)
      let tied = isTied ? LinearMap(weight: words, bias: decoder.bias) : decoder
      return .vocabulary(
        transform: try transform.mapped(slot(.measuredRows, names.transform), by: change),
        norm: try norm.mapped(nil, nil, names.norm, change), activation: activation,
        decoder: try tied.mapped(
          slot(.wantedOutputs, names.decoder + ".decoder", isTied: isTied), by: change))
    case .labels(let dense, let output):
      let name =
        configuration.family != .bert && dense != nil
        ? BertNames.sequenceClassifier : BertNames.classifier
      return .labels(
        dense: readsPooler
          ? pooler : try dense?.mapped(slot(.measuredRows, BertNames.dense), by: change),
        output: try output.mapped(slot(.wantedOutputs, name), by: change))
    case nil: return nil
    }
  }
}

extension Bert.Layer {
  fileprivate func mapWeights(
    _ layer: Int, _ change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Bert.Layer {
    func slot(_ projection: Projection) -> WeightSlot {
      WeightSlot(
        projection, layer: layer,
        names: WeightNames(folder: BertNames.projection(projection, layer)))
    }
    return Bert.Layer(
      query: try query.mapped(slot(.query), by: change),
      key: try key.mapped(slot(.key), by: change),
      value: try value.mapped(slot(.value), by: change),
      output: try output.mapped(slot(.output), by: change),
      attentionNorm: try attentionNorm.mapped(
        .residualMiddle, layer, BertNames.attentionNorm(layer), change),
      up: try up.mapped(slot(.up), by: change),
      down: try down.mapped(slot(.down), by: change),
      mlpNorm: try mlpNorm.mapped(.blockOutput, layer, BertNames.mlpNorm(layer), change))
  }
}

extension Bert.Norm {
  fileprivate func mapped(
    _ component: Component?, _ layer: Int?, _ name: String,
    _ change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Bert.Norm {
    let mapped = try weight.mappedNorm(
      bias: bias,
      WeightSlot(.norm(component), layer: layer, names: WeightNames(folder: name)), by: change)
    return Bert.Norm(
      weight: mapped.weight, bias: mapped.bias ?? .zeros(weight.shape), epsilon: epsilon)
  }
}

extension Bert {
  /// The name of the tensor that a masked-language model's head ends in.
  static func decoderName(_ family: Family) -> String {
    BertNames.Head(family).decoder + ".decoder.weight"
  }

  /// Reads the weights of a checkpoint, with the heads that it has.
  ///
  /// Its names may have the family's prefix or not, and old ones for the norms (`gamma`, `beta`).
  ///
  /// - Throws: `CheckpointError` for a missing tensor, ``ModelError`` for one of another shape.
  init(
    _ configuration: Configuration, from checkpoint: any Checkpoint, head kind: Head.Kind,
    tiesHead: Bool, weights form: WeightForm
  ) throws {
    let c = configuration
    let reader = BertReader(checkpoint, c, form: form)
    let body = reader.body
    let blocks = try (0..<c.layers).map { layer in
      func projection(_ name: Projection, _ outputs: Int, _ inputs: Int) throws -> LinearMap {
        try reader.projection(body + BertNames.projection(name, layer), outputs, inputs)
      }
      return Layer(
        query: try projection(.query, c.width, c.width),
        key: try projection(.key, c.width, c.width),
        value: try projection(.value, c.width, c.width),
        output: try projection(.output, c.width, c.width),
        attentionNorm: try reader.norm(body + BertNames.attentionNorm(layer)),
        up: try projection(.up, c.hiddenWidth, c.width),
        down: try projection(.down, c.width, c.hiddenWidth),
        mlpNorm: try reader.norm(body + BertNames.mlpNorm(layer)))
    }
    let words = try reader.weights.weight(body + BertNames.words, c.vocabulary, c.width)
    let summary = body + BertNames.pooler
    // A classifier of BERT reads the pooler: without one it can't be what was trained.
    let needsPooler = kind == .labels && c.family == .bert
    let pooler =
      needsPooler || checkpoint.contains(summary + ".weight") ? try reader.square(summary) : nil
    let head = try reader.head(words: words, pooler: pooler, tiesHead: tiesHead)
    self.init(
      c, words: words,
      positions: try reader.table(body + BertNames.positions, c.positions),
      types: try reader.table(body + BertNames.types, c.tokenTypes),
      embeddingNorm: try reader.norm(body + BertNames.embeddingNorm), blocks: blocks,
      pooler: pooler, head: head, isTied: tiesHead)
  }
}

/// Reads a BERT's tensors by their names in a checkpoint.
private struct BertReader {
  let weights: CheckpointReader
  let configuration: Bert.Configuration
  /// Before the names of the body's tensors: `bert.`, `roberta.` or nothing.
  let body: String

  init(_ checkpoint: any Checkpoint, _ configuration: Bert.Configuration, form: WeightForm) {
    weights = CheckpointReader(checkpoint, form: form)
    self.configuration = configuration
    let prefix = configuration.family.prefix
    let table = BertNames.words + ".weight"
    body = checkpoint.contains(prefix + table) || !checkpoint.contains(table) ? prefix : ""
  }

  func projection(_ name: String, _ outputs: Int, _ inputs: Int) throws -> LinearMap {
    try weights.projection(name, outputs, inputs)
  }

  func square(_ name: String) throws -> LinearMap {
    try projection(name, configuration.width, configuration.width)
  }

  func table(_ name: String, _ rows: Int) throws -> Tensor {
    try weights.tensor(name + ".weight", [rows, configuration.width])
  }

  func norm(_ name: String) throws -> Bert.Norm {
    let isOld = weights.contains(name + ".gamma")
    func vector(_ kind: String) throws -> Tensor {
      try weights.tensor("\(name).\(kind)", [configuration.width])
    }
    return Bert.Norm(
      weight: try vector(isOld ? "gamma" : "weight"), bias: try vector(isOld ? "beta" : "bias"),
      epsilon: configuration.normEpsilon)
  }

  /// The classifier when the checkpoint has one, else the masked-language model's head.
  func head(words: Weight, pooler: LinearMap?, tiesHead: Bool) throws -> Bert.Head? {
    let isSequence = weights.contains(BertNames.sequenceClassifier + ".weight")
    let last = isSequence ? BertNames.sequenceClassifier : BertNames.classifier
    if weights.contains(last + ".weight") {
      let outputs = try weights.checkpoint.tensor(named: last + ".weight").shape.first ?? 0
      let count = configuration.labels?.count ?? outputs
      return .labels(
        dense: isSequence ? try square(BertNames.dense) : pooler,
        output: try projection(last, count, configuration.width))
    }
    let isBERT = configuration.family == .bert
    let names = BertNames.Head(configuration.family)
    guard weights.contains(names.transform + ".weight") else { return nil }
    return .vocabulary(
      transform: try square(names.transform), norm: try norm(names.norm),
      // RoBERTa's head has GELU, whatever the blocks have.
      activation: isBERT ? configuration.activation : .gelu,
      decoder: try decoder(names.decoder, tiedTo: tiesHead ? words : nil))
  }

  private func decoder(_ name: String, tiedTo words: Weight?) throws -> LinearMap {
    let c = configuration
    // Files may have both; where they aren't the same vector, the decoder's is the one that is
    // used.
    let bias = [name + ".decoder.bias", name + ".bias"].first(where: weights.contains)
    return LinearMap(
      weight: try words ?? weights.weight(name + ".decoder", c.vocabulary, c.width),
      bias: try bias.map { try weights.tensor($0, [c.vocabulary]) })
  }
}
