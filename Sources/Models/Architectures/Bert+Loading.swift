import InterchangeCheckpoints
import InterchangeTensors

extension Bert {
  /// The weights of a checkpoint, with the heads that it has.
  ///
  /// Its names may have the family's prefix or not, and old ones for the norms (`gamma`, `beta`).
  ///
  /// - Throws: `CheckpointError` for a missing tensor, ``ModelError`` for one of another shape.
  init(
    _ configuration: Configuration, from checkpoint: any Checkpoint, tiesHead: Bool,
    weights form: WeightForm
  ) throws {
    let c = configuration
    let reader = BertReader(checkpoint, c, form: form)
    let body = reader.body
    let blocks = try (0..<c.layers).map { index in
      let prefix = body + Self.layerPrefix(index)
      func projection(_ name: String, _ outputs: Int, _ inputs: Int) throws -> LinearMap {
        try reader.projection(prefix + name, outputs, inputs)
      }
      return Layer(
        query: try projection(Names.query, c.width, c.width),
        key: try projection(Names.key, c.width, c.width),
        value: try projection(Names.value, c.width, c.width),
        output: try projection(Names.output, c.width, c.width),
        attentionNorm: try reader.norm(prefix + "attention.output.LayerNorm"),
        up: try projection(Names.up, c.hiddenWidth, c.width),
        down: try projection(Names.down, c.width, c.hiddenWidth),
        mlpNorm: try reader.norm(prefix + "output.LayerNorm"))
    }
    let embeddings = body + "embeddings."
    let words = try reader.weights.weight(embeddings + "word_embeddings", c.vocabulary, c.width)
    let summary = body + "pooler.dense"
    let pooler = checkpoint.contains(summary + ".weight") ? try reader.square(summary) : nil
    let head = try reader.head(words: words, pooler: pooler, tiesHead: tiesHead)
    self.init(
      c, words: words,
      positions: try reader.table(embeddings + "position_embeddings", c.positions),
      types: try reader.table(embeddings + "token_type_embeddings", c.tokenTypes),
      embeddingNorm: try reader.norm(embeddings + "LayerNorm"), blocks: blocks,
      pooler: pooler, head: head, isTied: tiesHead)
  }
}

extension Bert {
  /// What checkpoints call the projections of a layer.
  private enum Names {
    static let query = "attention.self.query"
    static let key = "attention.self.key"
    static let value = "attention.self.value"
    static let output = "attention.output.dense"
    static let up = "intermediate.dense"
    static let down = "output.dense"
  }

  private static func layerPrefix(_ layer: Int) -> String { "encoder.layer.\(layer)." }

  public func tensorName(of projection: Projection, layer: Int) -> String? {
    let name: String? =
      switch projection {
      case .query: Names.query
      case .key: Names.key
      case .value: Names.value
      case .output: Names.output
      case .gate: nil
      case .up: Names.up
      case .down: Names.down
      }
    return name.map { Self.layerPrefix(layer) + $0 }
  }
}

/// Reads a BERT's tensors by what a checkpoint calls them.
private struct BertReader {
  let weights: CheckpointReader
  let configuration: Bert.Configuration
  /// Before the names of the body's tensors: `bert.`, `roberta.` or nothing.
  let body: String

  init(_ checkpoint: any Checkpoint, _ configuration: Bert.Configuration, form: WeightForm) {
    weights = CheckpointReader(checkpoint: checkpoint, form: form)
    self.configuration = configuration
    let prefix = configuration.family.rawValue + "."
    let table = "embeddings.word_embeddings.weight"
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
    let isSequence = weights.contains("classifier.out_proj.weight")
    let last = isSequence ? "classifier.out_proj" : "classifier"
    if weights.contains(last + ".weight") {
      let outputs = try weights.checkpoint.tensor(named: last + ".weight").shape.first ?? 0
      let count = configuration.labels?.count ?? outputs
      return .labels(
        dense: isSequence ? try square("classifier.dense") : pooler,
        output: try projection(last, count, configuration.width))
    }
    let isBERT = configuration.family == .bert
    let transform = isBERT ? "cls.predictions.transform.dense" : "lm_head.dense"
    guard weights.contains(transform + ".weight") else { return nil }
    return .vocabulary(
      transform: try square(transform),
      norm: try norm(isBERT ? "cls.predictions.transform.LayerNorm" : "lm_head.layer_norm"),
      // RoBERTa's head has GELU, whatever the blocks have.
      activation: isBERT ? configuration.activation : .gelu,
      decoder: try decoder(isBERT ? "cls.predictions" : "lm_head", tiedTo: tiesHead ? words : nil))
  }

  private func decoder(_ name: String, tiedTo words: Weight?) throws -> LinearMap {
    let c = configuration
    // Files may have both; where they aren't the same vector, the decoder's is the one that is used.
    let bias = [name + ".decoder.bias", name + ".bias"].first(where: weights.contains)
    return LinearMap(
      weight: try words ?? weights.weight(name + ".decoder", c.vocabulary, c.width),
      bias: try bias.map { try weights.tensor($0, [c.vocabulary]) })
  }
}
