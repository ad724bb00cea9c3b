/// The job of a weight of a transformer, by which names in files are found.
public enum WeightRole: Hashable, Sendable {
  case embeddings, positions, types, embeddingNorm, embeddingProjection
  case attentionNorm, queryNorm, keyNorm, afterAttentionNorm, mlpNorm, afterMLPNorm
  case crossNorm, afterCrossNorm
  case projection(Projection)
  /// Maps of one expert among several, whose number stands as {} in the name, and of one that all
  /// rows are sent to.
  case expert(Projection)
  case sharedExpert(Projection)
  case router, sharedGate
  case finalNorm, headProjection, head
  case positionBias, relativePositions, relativeNorm, positionKey, positionQuery

  /// The name in GGUF files, which is the same for all architectures.
  var ggufName: String? {
    switch self {
    case .embeddings: "token_embd"
    case .positions: "position_embd"
    case .types: "token_types"
    case .embeddingNorm: "token_embd_norm"
    case .attentionNorm: "attn_norm"
    case .queryNorm: "attn_q_norm"
    case .keyNorm: "attn_k_norm"
    case .afterAttentionNorm: "post_attention_norm"
    case .crossNorm: "cross_attn_norm"
    case .mlpNorm: "ffn_norm"
    case .afterMLPNorm: "post_ffw_norm"
    case .router: "ffn_gate_inp"
    case .sharedGate: "ffn_gate_inp_shexp"
    case .finalNorm: "output_norm"
    case .head: "output"
    case .projection(let projection): projection.ggufName
    case .expert(let projection): projection.ggufName + "_exps"
    case .sharedExpert(let projection): projection.ggufName + "_shexp"
    case .embeddingProjection, .headProjection, .positionBias, .relativePositions, .relativeNorm,
      .positionKey, .positionQuery, .afterCrossNorm:
      nil
    }
  }
}

extension Projection {
  /// The name in GGUF files.
  fileprivate var ggufName: String {
    switch self {
    case .query: "attn_q"
    case .key: "attn_k"
    case .value: "attn_v"
    case .output: "attn_output"
    case .crossQuery: "cross_attn_q"
    case .crossKey: "cross_attn_k"
    case .crossValue: "cross_attn_v"
    case .crossOutput: "cross_attn_o"
    case .gate: "ffn_gate"
    case .up: "ffn_up"
    case .down: "ffn_down"
    }
  }
}

/// The names of a transformer's weights in a folder's checkpoint, without `.weight` and `.bias`,
/// and the form in which they stand there.
///
/// A name that a family doesn't set is as in `LlamaForCausalLM`.
public struct TransformerNames: Sendable {
  /// Several projections in one tensor.
  public struct Fused: Sendable {
    /// The order of rows in the tensor.
    public enum Order: Sendable {
      /// All rows of the first, then all of the second, and so on.
      case consecutive
      /// By key head: its queries, its key, its value.
      case byKeyHead
    }

    /// The tensor's name in a block.
    public var name: String
    /// The projections in it.
    public var projections: [Projection]
    /// The order of rows.
    public var order: Order

    /// Projections in a tensor of some name.
    public init(_ name: String, _ projections: [Projection], _ order: Order = .consecutive) {
      (self.name, self.projections, self.order) = (name, projections, order)
    }

    /// Queries, keys and values in a tensor of some name.
    public static func attention(_ name: String, _ order: Order = .consecutive) -> Fused {
      Fused(name, [.query, .key, .value], order)
    }
  }

  /// The beginnings of every name but the head's: the first of them that a checkpoint has.
  public var prefixes = ["model.", ""]
  /// What stands before a block's number.
  public var layers = "layers."
  /// The names, those of a block without its number.
  public var roles: [WeightRole: String] = [
    .embeddings: "embed_tokens", .attentionNorm: "input_layernorm",
    .mlpNorm: "post_attention_layernorm", .queryNorm: "self_attn.q_norm",
    .keyNorm: "self_attn.k_norm", .projection(.query): "self_attn.q_proj",
    .projection(.key): "self_attn.k_proj", .projection(.value): "self_attn.v_proj",
    .projection(.output): "self_attn.o_proj", .projection(.gate): "mlp.gate_proj",
    .projection(.up): "mlp.up_proj", .projection(.down): "mlp.down_proj", .router: "mlp.gate",
    .finalNorm: "norm",
  ]
  /// Names of a block's weights in GGUF files where they aren't those of all architectures.
  public var ggufRoles: [WeightRole: String] = [:]
  /// The beginning of every name in GGUF files but the embedding table's and the head's.
  public var ggufPrefix = ""
  /// The whole names that an embedding table has which stacks share: the first that a checkpoint
  /// has. None: the table is the stack's own.
  public var sharedTables: [String] = []
  /// The MLP's first map, where it has another name without a gate.
  public var plainUp: String?
  /// The head's name, which no prefix stands before.
  public var head = "lm_head"
  /// The names, complete, of the bias of a tied head: the first of them that a checkpoint has.
  /// None: the head's name with `.bias`.
  public var headBiases: [String] = []
  /// A classifier's head.
  public var labels = "score"
  /// What stands before a head's own map: its map and norm, which no prefix stands before.
  public var transform = (map: "head.dense", norm: "head.norm")
  /// The map that stands before a classifier's own map.
  public var labelTransform = "classifier.dense"
  /// Tensors with several projections.
  public var fused: [Fused] = []
  /// Tells whether a block's maps stand as [inputs, outputs].
  public var isTransposed = false
  /// Tells whether each head's norm is a tensor of its own, by its number.
  public var headNormsAreSeparate = false
  /// Tells whether GGUF files keep the rows of queries and keys in the order of interleaved pairs.
  public var interleavesInGGUF = false

  /// Names as in `LlamaForCausalLM`, and rows in GGUF files as in LLaMA's.
  static let interleavedInGGUF = {
    var names = TransformerNames()
    names.interleavesInGGUF = true
    return names
  }()

  /// Tells whether a tensor is a mask that older files keep beside an attention's weights.
  ///
  /// - Parameter module: the attention's last name, such as `attn`
  static func isMask(_ tensor: String, of module: String) -> Bool {
    tensor.hasSuffix(".\(module).bias") || tensor.hasSuffix(".\(module).masked_bias")
  }

  /// Names as in `LlamaForCausalLM`, with others in some places.
  public init(_ roles: [WeightRole: String] = [:]) { self.roles.merge(roles) { $1 } }
}
