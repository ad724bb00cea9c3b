import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// The names of a LLaMA's tensors in files.
enum LlamaNames {
  static let embeddings = WeightNames(folder: "model.embed_tokens", gguf: "token_embd")
  static let finalNorm = WeightNames(folder: "model.norm", gguf: "output_norm")
  static let head = WeightNames(folder: "lm_head", gguf: "output")

  static func attentionNorm(_ layer: Int) -> WeightNames {
    prefix(layer) + WeightNames(folder: "input_layernorm", gguf: "attn_norm")
  }

  static func mlpNorm(_ layer: Int) -> WeightNames {
    prefix(layer) + WeightNames(folder: "post_attention_layernorm", gguf: "ffn_norm")
  }

  static func projection(_ projection: Projection, _ layer: Int) -> WeightNames {
    let name =
      switch projection {
      case .query: WeightNames(folder: "self_attn.q_proj", gguf: "attn_q")
      case .key: WeightNames(folder: "self_attn.k_proj", gguf: "attn_k")
      case .value: WeightNames(folder: "self_attn.v_proj", gguf: "attn_v")
      case .output: WeightNames(folder: "self_attn.o_proj", gguf: "attn_output")
      case .gate: WeightNames(folder: "mlp.gate_proj", gguf: "ffn_gate")
      case .up: WeightNames(folder: "mlp.up_proj", gguf: "ffn_up")
      case .down: WeightNames(folder: "mlp.down_proj", gguf: "ffn_down")
      }
    return prefix(layer) + name
  }

  private static func prefix(_ layer: Int) -> WeightNames {
    WeightNames(folder: "model.layers.\(layer).", gguf: "blk.\(layer).")
  }
}

extension Llama: WeightInventory {
  public func mapWeights(
    _ change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Llama {
    var copy = self
    copy.embeddings = try embeddings.mapped(
      WeightSlot(.table, names: LlamaNames.embeddings), by: change)
    copy.blocks = try blocks.enumerated().map { try $1.mapWeights($0, change) }
    copy.finalNorm = try finalNorm.mappedNorm(
      WeightSlot(.norm(nil), names: LlamaNames.finalNorm), by: change)
    let isTied = configuration.tiedEmbeddings
    let head = isTied ? LinearMap(weight: copy.embeddings, bias: head.bias) : head
    copy.head = try head.mapped(
      WeightSlot(.map, side: .wantedOutputs, names: LlamaNames.head, isTied: isTied), by: change)
    return copy
  }
}

extension Llama.Layer {
  fileprivate func mapWeights(
    _ layer: Int, _ change: (WeightSlot) throws -> WeightSlot.Value
  ) rethrows -> Llama.Layer {
    func slot(_ projection: Projection) -> WeightSlot {
      WeightSlot(projection, layer: layer, names: LlamaNames.projection(projection, layer))
    }
    func norm(_ component: Component, _ names: WeightNames) -> WeightSlot {
      WeightSlot(.norm(component), layer: layer, names: names)
    }
    return Llama.Layer(
      attentionNorm: try attentionNorm.mappedNorm(
        norm(.attentionInput, LlamaNames.attentionNorm(layer)), by: change),
      query: try query.mapped(slot(.query), by: change),
      key: try key.mapped(slot(.key), by: change),
      value: try value.mapped(slot(.value), by: change),
      output: try output.mapped(slot(.output), by: change),
      mlpNorm: try mlpNorm.mappedNorm(norm(.mlpInput, LlamaNames.mlpNorm(layer)), by: change),
      gate: try gate.mapped(slot(.gate), by: change),
      up: try up.mapped(slot(.up), by: change),
      down: try down.mapped(slot(.down), by: change))
  }
}

extension Llama {
  /// Reads the weights of a checkpoint. GGUF keeps the rows of q and k in the order of interleaved
  /// rotary pairs; they are put back into the order of halves.
  ///
  /// - Throws: `CheckpointError` for a missing tensor, ``ModelError`` for one of another shape.
  init(
    _ configuration: Configuration, from checkpoint: any Checkpoint,
    _ format: WeightNames.Format, weights form: WeightForm
  ) throws {
    let c = configuration
    let reader = CheckpointReader(checkpoint, form: form)
    func projection(
      _ name: String, _ outputs: Int, _ inputs: Int, heads: Int? = nil, bias: Bool? = nil
    ) throws -> LinearMap {
      let stored = try reader.projection(name, outputs, inputs, bias: bias)
      guard let heads, format == .gguf else { return stored }
      let ordered = stored.selecting(
        Self.halvesOrder(heads: heads, headWidth: outputs / heads))
      return form == .stored
        ? ordered : LinearMap(weight: Weight(ordered.weight.floats()), bias: ordered.bias)
    }
    let (queries, keys) = (c.heads * c.headWidth, c.keyHeads * c.headWidth)
    let blocks = try (0..<c.layers).map { layer in
      func block(
        _ name: Projection, _ outputs: Int, _ inputs: Int, heads: Int? = nil
      ) throws -> LinearMap {
        try projection(
          LlamaNames.projection(name, layer)[format], outputs, inputs, heads: heads,
          bias: name.isAttention ? c.attentionBias : c.mlpBias)
      }
      func norm(_ names: WeightNames) throws -> Tensor {
        try reader.tensor(names[format] + ".weight", [c.width])
      }
      return Layer(
        attentionNorm: try norm(LlamaNames.attentionNorm(layer)),
        query: try block(.query, queries, c.width, heads: c.heads),
        key: try block(.key, keys, c.width, heads: c.keyHeads),
        value: try block(.value, keys, c.width), output: try block(.output, c.width, queries),
        mlpNorm: try norm(LlamaNames.mlpNorm(layer)),
        gate: try block(.gate, c.hiddenWidth, c.width),
        up: try block(.up, c.hiddenWidth, c.width),
        down: try block(.down, c.width, c.hiddenWidth))
    }
    let embeddings = try reader.weight(LlamaNames.embeddings[format], c.vocabulary, c.width)
    self.init(
      c, embeddings: embeddings, blocks: blocks,
      finalNorm: try reader.tensor(LlamaNames.finalNorm[format] + ".weight", [c.width]),
      head: c.tiedEmbeddings
        ? LinearMap(weight: embeddings)
        : try projection(
          LlamaNames.head[format], c.vocabulary, c.width, bias: format == .gguf ? nil : false))
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
