import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

extension TransformerDesign {
  /// Gives it the form of BERT (arXiv 1810.04805): every position sees all, norms of the stream
  /// after each addition and of the embeddings, biases everywhere, no gate.
  ///
  /// - Parameter positions: the rows of the table of positions
  mutating func useEncoderBlocks(epsilon: Float, positions: Int) {
    isCausal = false
    norm = NormDesign(.layer, epsilon: epsilon)
    (block.hasNormsBefore, block.hasNormsOfStream) = (false, true)
    (attention.hasBias, attention.hasOutputBias, mlp.hasBias) = (true, true, true)
    mlp.isGated = false
    embedding.positions = positions
    embedding.hasNorm = true
    head.hasNorm = false
  }
}

extension ModelSettings {
  /// The sizes and form of an encoder that has BERT's names for them.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file and the setting.
  func encoderDesign(
    _ name: String, activation: Activation = .gelu, epsilon: Float = 1e-12
  ) throws -> TransformerDesign {
    var design = try standardDesign(
      name, maximumLength: 512, epsilon: epsilon, epsilonField: "layer_norm_eps", norm: .layer,
      activation: activation, ties: true)
    design.useEncoderBlocks(epsilon: design.norm.epsilon, positions: design.maximumLength)
    return design
  }

  /// Adds the head that the class in `architectures` names: a masked-language model's, a
  /// classifier's, or none of the bare encoder.
  ///
  /// - Parameters:
  ///   - transform: what stands before the head that gives tokens
  ///   - labels: what stands before a classifier's; nil: nothing
  /// - Throws: as ``headDesign(ties:bias:)``.
  func addEncoderHead(
    to design: inout TransformerDesign, transform: HeadTransform, labels: HeadTransform?
  ) throws {
    var head = try headDesign(ties: true, bias: true)
    head.hasNorm = design.head.hasNorm
    head.transform = head.labels == nil ? transform : labels
    head.place = head.labels == nil ? .mask : .first
    if try isOfClass("Model") { (head.exists, head.place) = (false, .first) }
    design.head = head
  }

  /// Tells whether the class in `architectures` ends so.
  ///
  /// - Throws: `CheckpointError` for a field of another type.
  func isOfClass(_ suffix: String) throws -> Bool {
    let classes: [String] = try valueIfPresent("architectures") ?? []
    return classes.first?.hasSuffix(suffix) ?? false
  }
}

extension KnownFields {
  /// Fields of encoders' configurations that change nothing outside training.
  static let encoderTraining = KnownFields(
    harmless: [
      "attention_probs_dropout_prob", "classifier_dropout", "hidden_dropout_prob",
    ],
    harmlessAt: ["position_embedding_type": [.string("absolute")]])
}

extension TransformerNames {
  /// Names as BERT has them.
  static func encoder(
    _ prefix: String, _ roles: [WeightRole: String] = [:]
  ) -> TransformerNames {
    var names = TransformerNames([
      .embeddings: "embeddings.word_embeddings", .positions: "embeddings.position_embeddings",
      .types: "embeddings.token_type_embeddings", .embeddingNorm: "embeddings.LayerNorm",
      .projection(.query): "attention.self.query", .projection(.key): "attention.self.key",
      .projection(.value): "attention.self.value",
      .projection(.output): "attention.output.dense",
      .afterAttentionNorm: "attention.output.LayerNorm", .projection(.up): "intermediate.dense",
      .projection(.down): "output.dense", .afterMLPNorm: "output.LayerNorm",
    ])
    names.roles.merge(roles) { $1 }
    (names.prefixes, names.layers) = ([prefix, ""], "encoder.layer.")
    names.labels = "classifier"
    return names
  }

  /// Tells whether a tensor of an encoder may be left unread: numbers of positions, which older
  /// files keep, a summary that its outputs don't read, and the bias that stands twice.
  static func mayLeaveOfEncoder(_ tensor: String) -> Bool {
    tensor.hasSuffix("embeddings.position_ids") || tensor.hasSuffix("embeddings.token_type_ids")
      || tensor.contains("pooler.")
      || ["predictions.bias", "lm_head.bias", "cls.predictions.bias"].contains(tensor)
  }
}
