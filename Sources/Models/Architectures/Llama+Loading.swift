import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// What a checkpoint calls the tensors of a LLaMA.
struct LlamaNames {
  let embeddings: String
  let finalNorm: String
  let head: String
  /// Before the layer's number.
  let layerPrefix: String
  let attentionNorm: String
  let query: String
  let key: String
  let value: String
  let output: String
  let mlpNorm: String
  let gate: String
  let up: String
  let down: String

  static let safetensors = LlamaNames(
    embeddings: "model.embed_tokens", finalNorm: "model.norm", head: "lm_head",
    layerPrefix: "model.layers.", attentionNorm: "input_layernorm", query: "self_attn.q_proj",
    key: "self_attn.k_proj", value: "self_attn.v_proj", output: "self_attn.o_proj",
    mlpNorm: "post_attention_layernorm", gate: "mlp.gate_proj", up: "mlp.up_proj",
    down: "mlp.down_proj")

  static let gguf = LlamaNames(
    embeddings: "token_embd", finalNorm: "output_norm", head: "output", layerPrefix: "blk.",
    attentionNorm: "attn_norm", query: "attn_q", key: "attn_k", value: "attn_v",
    output: "attn_output", mlpNorm: "ffn_norm", gate: "ffn_gate", up: "ffn_up", down: "ffn_down")

  subscript(projection: Projection) -> String {
    switch projection {
    case .query: query
    case .key: key
    case .value: value
    case .output: output
    case .gate: gate
    case .up: up
    case .down: down
    }
  }
}

extension Llama {
  /// The weights of a checkpoint.
  ///
  /// - Parameter interleaved: whether the rows of q and k are in the order of interleaved rotary
  ///   pairs, as GGUF keeps them for LLaMA; they are put back into the order of halves
  /// - Throws: ``CheckpointError`` for a missing tensor, ``ModelError`` for one of another shape.
  init(
    _ configuration: Configuration, from checkpoint: any Checkpoint, names: LlamaNames,
    interleaved: Bool, weights form: WeightForm
  ) throws {
    let c = configuration
    let reader = CheckpointReader(checkpoint: checkpoint, form: form)
    func projection(
      _ name: String, _ outputs: Int, _ inputs: Int, heads: Int? = nil
    ) throws -> LinearMap {
      let stored = try reader.projection(name, outputs, inputs)
      guard let heads, interleaved else { return stored }
      let ordered = stored.selecting(
        Self.halvesOrder(heads: heads, headWidth: outputs / heads))
      return form == .stored
        ? ordered : LinearMap(weight: Weight(ordered.weight.floats()), bias: ordered.bias)
    }
    let (queries, keys) = (c.heads * c.headWidth, c.keyHeads * c.headWidth)
    let blocks = try (0..<c.layers).map { index in
      let prefix = names.layerPrefix + "\(index)."
      return Layer(
        attentionNorm: try reader.tensor(prefix + names.attentionNorm + ".weight", [c.width]),
        query: try projection(prefix + names.query, queries, c.width, heads: c.heads),
        key: try projection(prefix + names.key, keys, c.width, heads: c.keyHeads),
        value: try projection(prefix + names.value, keys, c.width),
        output: try projection(prefix + names.output, c.width, queries),
        mlpNorm: try reader.tensor(prefix + names.mlpNorm + ".weight", [c.width]),
        gate: try projection(prefix + names.gate, c.hiddenWidth, c.width),
        up: try projection(prefix + names.up, c.hiddenWidth, c.width),
        down: try projection(prefix + names.down, c.width, c.hiddenWidth))
    }
    let embeddings = try reader.weight(names.embeddings, c.vocabulary, c.width)
    self.init(
      c, embeddings: embeddings, blocks: blocks,
      finalNorm: try reader.tensor(names.finalNorm + ".weight", [c.width]),
      head: c.tiedEmbeddings
        ? LinearMap(weight: embeddings) : try projection(names.head, c.vocabulary, c.width))
  }

  /// For each row in the order of halves its place in the order of interleaved pairs.
  private static func halvesOrder(heads: Int, headWidth: Int) -> [Int] {
    (0..<heads).flatMap { head in
      (0..<headWidth).map { row in
        let half = headWidth / 2
        return head * headWidth + (row < half ? 2 * row : 2 * (row - half) + 1)
      }
    }
  }
}

extension Llama {
  public func tensorName(of projection: Projection, layer: Int) -> String? {
    let names = LlamaNames.safetensors
    return names.layerPrefix + "\(layer)." + names[projection]
  }
}

extension Llama.Configuration {
  /// Checks the numbers against one another.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(path:field:expected:found:)``.
  func validated(path: String) throws -> Llama.Configuration {
    let require = ConfigurationCheck(path: path)
    for (field, value) in [
      ("vocabulary size", vocabulary), ("hidden size", width), ("layers", layers),
      ("attention heads", heads), ("key/value heads", keyHeads), ("head width", headWidth),
      ("MLP width", hiddenWidth), ("context length", maximumLength),
    ] {
      try require.size(value, field)
    }
    try require(heads % keyHeads == 0, "key/value heads", "a divisor of \(heads)", keyHeads)
    try require(headWidth % 2 == 0, "head width", "an even number", headWidth)
    try require(normEpsilon > 0 && normEpsilon < 1, "norm epsilon", "0 to 1", normEpsilon)
    try require(rotaryBase > 1, "rope base", "above 1", rotaryBase)
    if let rotaryFactors {
      try require(
        rotaryFactors.count == headWidth / 2 && rotaryFactors.allSatisfy { $0.isFinite && $0 > 0 },
        "rope factors", "\(headWidth / 2) positive numbers",
        "\(rotaryFactors.count) numbers from \(rotaryFactors.min() ?? 0)")
    }
    return self
  }
}
