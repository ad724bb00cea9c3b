import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

extension ModelSettings {
  /// The sizes by the names that most families have for them, RMS norms, a gated MLP, and a head
  /// as the configuration says; everything else is the family's.
  ///
  /// - Parameters:
  ///   - headWidth: the width of a head where the file says none
  ///   - keyHeads: the number of key heads where the file says none
  ///   - maximumLength: the length where the file says none
  ///   - epsilon: that of the RMS norms where the file says none
  ///   - ties: whether the head is the embedding table where the file doesn't say
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file and the setting.
  public func standardDesign(
    _ name: String, headWidth: Int? = nil, keyHeads: Int? = nil, maximumLength: Int = 2048,
    epsilon: Float = 1e-6, epsilonField: String = "rms_norm_eps", norm: NormDesign.Kind = .rms,
    activation: Activation = .silu, ties: Bool = false
  ) throws -> TransformerDesign {
    let width: Int = try value("hidden_size", gguf: "embedding_length")
    let heads: Int = try value("num_attention_heads", gguf: "attention.head_count")
    var design = TransformerDesign(
      name: name, vocabulary: try vocabulary(), width: width,
      layers: try value("num_hidden_layers", gguf: "block_count"), heads: heads,
      keyHeads: try valueIfPresent("num_key_value_heads", gguf: "attention.head_count_kv")
        ?? keyHeads,
      headWidth: try valueIfPresent("head_dim", gguf: "attention.key_length") ?? headWidth,
      hiddenWidth: try value("intermediate_size", gguf: "feed_forward_length"),
      maximumLength: try lengthIfPresent("max_position_embeddings") ?? maximumLength)
    try require(gguf: "attention.value_length", design.headWidth)
    let key =
      norm == .rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon"
    design.norm = NormDesign(
      norm, epsilon: try valueIfPresent(epsilonField, gguf: key) ?? epsilon)
    design.mlp.activation = try self.activation(otherwise: activation)
    try design.validateSizes(path: path)
    design.layerAttention = Array(repeating: LayerAttention(), count: design.boundedLayers)
    design.head = try headDesign(ties: ties)
    return design
  }

  /// The number of rows of the embedding table.
  ///
  /// - Throws: `CheckpointError` when the file doesn't say it.
  public func vocabulary() throws -> Int {
    guard let gguf else { return try value("vocab_size", gguf: "vocab_size") }
    note("vocab_size")
    return try gguf.tensor(named: "token_embd.weight").shape.first ?? 0
  }

  /// The length of the longest sequence.
  private func lengthIfPresent(_ field: String) throws -> Int? {
    try valueIfPresent(field, gguf: "context_length")
  }

  /// The head that the class in `architectures` names: of a language model, or a classifier.
  ///
  /// - Throws: ``ModelError`` for labels or a kind of problem that aren't known.
  public func headDesign(ties: Bool, bias: Bool = false) throws -> HeadDesign {
    var head = HeadDesign()
    head.hasBias = bias
    guard let configuration else {
      head.isTied = false
      return head
    }
    head.isTied = try valueIfPresent("tie_word_embeddings") ?? ties
    let classes: [String] = try configuration.valueIfPresent("architectures") ?? []
    if classes.first?.hasSuffix("ForSequenceClassification") == true {
      head.labels = try LabelDesign(configuration)
      head.isTied = false
    }
    return head
  }

  /// The non-linearity in a field.
  ///
  /// - Throws: ``ModelError`` for one that isn't known.
  public func activation(
    _ field: String = "hidden_act", otherwise: Activation
  ) throws -> Activation {
    guard let name: String = try valueIfPresent(field) else { return otherwise }
    guard let activation = Activation.named(name) else {
      throw invalid(
        field, expected: "one of \(Activation.names.joined(separator: ", "))", found: name)
    }
    return activation
  }

  /// The rotary embedding of every layer of a design.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file and the field.
  func addRotary(
    to design: inout TransformerDesign, _ change: (inout RotarySettings) -> Void = { _ in }
  ) throws {
    var rotary = RotarySettings(
      headWidth: design.headWidth, maximumLength: design.maximumLength)
    change(&rotary)
    let embedding = try rotary.embedding(self)
    design.maximumLength = max(design.maximumLength, embedding.longer?.upTo ?? 0)
    for layer in design.layerAttention.indices {
      design.layerAttention[layer].rotary = embedding
    }
  }

  /// Whether the attention's four maps and the MLP's have biases, by the fields of most families.
  ///
  /// - Throws: `CheckpointError` for a value of another type.
  func addBiases(to design: inout TransformerDesign) throws {
    let attention = try valueIfPresent("attention_bias") ?? false
    (design.attention.hasBias, design.attention.hasOutputBias) = (attention, attention)
    design.mlp.hasBias = try valueIfPresent("mlp_bias") ?? false
  }

  /// For each layer, whether it sees a window alone: by `layer_types`, or by a rule without it.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` for a kind of layer that isn't known.
  func slidingLayers(_ count: Int, otherwise rule: (Int) -> Bool) throws -> [Bool] {
    guard let types: [String] = try valueIfPresent("layer_types") else {
      return (0..<max(0, min(count, 1 << 16))).map(rule)
    }
    let known = ["full_attention", "sliding_attention"]
    guard types.count == count, types.allSatisfy(known.contains) else {
      throw invalid(
        "layer_types", expected: "\(count) of \(known.joined(separator: ", "))",
        found: types.first { !known.contains($0) } ?? "\(types.count)")
    }
    return types.map { $0 == known[1] }
  }
}

extension Activation {
  /// The names in configurations.
  private static let byName: KeyValuePairs<String, Activation> = [
    "gelu": .gelu, "gelu_python": .gelu, "gelu_new": .geluTanh, "gelu_pytorch_tanh": .geluTanh,
    "gelu_fast": .geluTanh, "quick_gelu": .geluQuick, "relu": .relu, "relu2": .reluSquare,
    "silu": .silu, "swish": .silu, "tanh": .tanh, "sigmoid": .sigmoid,
  ]

  /// All names that configurations may have.
  static var names: [String] { byName.map(\.key) }

  /// The non-linearity of a name in a configuration; nil for one that isn't known.
  static func named(_ name: String) -> Activation? { byName.first { $0.key == name }?.value }
}

extension LabelDesign {
  /// The labels of a classifier's configuration and what they say together.
  ///
  /// - Throws: `CheckpointError` for labels of another form, ``ModelError`` for a kind of problem
  ///   that isn't known.
  init(_ file: ModelConfiguration) throws {
    // The names in `id2label`, whose keys are the numbers from 0.
    if let section = try file.sectionIfPresent("id2label") {
      names = try (0..<section.fields.count).map { try section.value("\($0)") }
    }
    guard let name: String = try file.valueIfPresent("problem_type") else { return }
    let known: KeyValuePairs<String, OutputKind> = [
      "regression": .number, "single_label_classification": .exclusive,
      "multi_label_classification": .independent,
    ]
    guard let kind = known.first(where: { $0.key == name })?.value else {
      throw ModelError.invalidConfiguration(
        path: file.path, field: "problem_type",
        expected: "one of \(known.map(\.key).joined(separator: ", "))", found: name)
    }
    self.kind = kind
  }
}
