/// A kind of hidden representation that can be read and edited, by its name in the field.
///
/// The definitions are pyvene's where nothing else is said; widths are those of a decoder of width
/// d with H heads of width w, K key heads and an MLP of width m.
public enum Component: String, Sendable, CaseIterable, Codable {
  /// The tokens' vectors as they enter, after the embedding's factor and before positions, token
  /// types and a norm, TransformerLens's `hook_embed`: [d], or the width of the table where a
  /// projection is the embedding's last step. In the first layer of a stack.
  case embeddingOutput = "embedding_output"
  /// The residual stream before a block: [d].
  case blockInput = "block_input"
  /// The residual stream after a block: [d].
  case blockOutput = "block_output"
  /// The divisor of the norm before the attention, √(mean x² + ε) or √(variance + ε),
  /// TransformerLens's `ln1.hook_scale`: [1].
  case attentionNormScale = "attention_norm_scale"
  /// The attention's input, after its norm: [d].
  case attentionInput = "attention_input"
  /// The output of the attention's last projection, where a norm or a factor stands between it and
  /// the residual stream: [d].
  case attentionProjection = "attention_projection"
  /// The attention's addition to the residual stream: [d].
  case attentionOutput = "attention_output"
  /// The scores of each position as a head's query sees them, after their factor, bound and what
  /// positions add, before their softmax, TransformerLens's `hook_attn_scores`: [H·n] for sequences
  /// of at most n positions. What a query doesn't see is 0 and stays unseen whatever is written.
  case attentionScores = "attention_scores"
  /// The share of each position that a head's query takes, the softmax of its scores,
  /// TransformerLens's `hook_pattern`: [H·n] as ``attentionScores``.
  case attentionWeight = "attention_weight"
  /// Each head's addition to the attention's projection, by its part of the weight,
  /// TransformerLens's `hook_result`: [H·d]. Their sum and the bias are what the projection makes.
  case headOutput = "head_output"
  /// The heads' mixed values, before the output projection: [H·w].
  case attentionValueOutput = "attention_value_output"
  /// The queries, before any position encoding: [H·w].
  case queryOutput = "query_output"
  /// The queries after their norm and position encoding, as they meet the keys: [H·w].
  case positionedQueryOutput = "positioned_query_output"
  /// The keys, before any position encoding: [K·w].
  case keyOutput = "key_output"
  /// The keys after their position encoding, as the attention reads them: [K·w].
  case positionedKeyOutput = "positioned_key_output"
  /// The values: [K·w].
  case valueOutput = "value_output"
  /// The rows of the encoder that a decoder's cross-attention reads, after the encoder's last norm,
  /// at positions of the source: [d]. Each layer of the decoder has them for itself.
  case encoderOutput = "encoder_output"
  /// The cross-attention's input, after its norm: [d].
  case crossAttentionInput = "cross_attention_input"
  /// The queries of the cross-attention: [H·w].
  case crossQueryOutput = "cross_query_output"
  /// The keys of the cross-attention, at positions of the source: [K·w].
  case crossKeyOutput = "cross_key_output"
  /// The values of the cross-attention, at positions of the source: [K·w].
  case crossValueOutput = "cross_value_output"
  /// The scores of each position of the source as a head's query of the cross-attention sees them,
  /// after what ``attentionScores`` are after: [H·n] for sources of at most n positions.
  case crossAttentionScores = "cross_attention_scores"
  /// The share of each position of the source that a head's query of the cross-attention takes, the
  /// softmax of its scores: [H·n] as ``crossAttentionScores``.
  case crossAttentionWeight = "cross_attention_weight"
  /// Each head's addition to the cross-attention's output, as ``headOutput``: [H·d].
  case crossHeadOutput = "cross_head_output"
  /// The cross-attention's mixed values, before its output projection: [H·w].
  case crossAttentionValueOutput = "cross_attention_value_output"
  /// The cross-attention's addition to the residual stream: [d].
  case crossAttentionOutput = "cross_attention_output"
  /// The residual stream between a cross-attention and the MLP, TransformerLens's
  /// `resid_mid_cross`: [d]. Where a norm follows the addition it is what that gives.
  case residualMiddleCross = "resid_mid_cross"
  /// The residual stream after the attention, TransformerLens's `resid_mid`: [d]. Where a norm
  /// follows the addition it is what that gives.
  case residualMiddle = "resid_mid"
  /// The divisor of the norm before the MLP, TransformerLens's `ln2.hook_scale`: [1].
  case mlpNormScale = "mlp_norm_scale"
  /// The MLP's input, after its norm: [d].
  case mlpInput = "mlp_input"
  /// A gated MLP's gate, before the non-linearity: [m].
  case gateOutput = "gate_output"
  /// The MLP's first projection; in a gated MLP the one without a non-linearity: [m].
  case upOutput = "up_output"
  /// The output of the MLP's non-linearity; in a gated MLP that of the gate alone: [m].
  case mlpActivation = "mlp_activation"
  /// The input of the MLP's last projection; in a gated MLP the gate times the up projection: [m].
  case mlpHidden = "mlp_hidden"
  /// The router's scores of a mixture of experts, before their softmax: [experts].
  case routerLogits = "router_logits"
  /// The addition of each expert to the MLP's output, 0 for rows not sent to it: [experts · d].
  case expertOutput = "expert_output"
  /// The output of the MLP's last projection, where a norm or a factor stands between it and the
  /// residual stream: [d].
  case mlpProjection = "mlp_projection"
  /// The MLP's addition to the residual stream: [d].
  case mlpOutput = "mlp_output"
  /// The divisor of the norm before the head, TransformerLens's `ln_final.hook_scale`: [1]. In the
  /// last layer.
  case finalNormScale = "final_norm_scale"
  /// The residual stream after the norm before the head: [d]. In the last layer.
  case finalNormOutput = "final_norm_output"
  /// The outputs: [outputs]. In the last layer. An edit gets all of them, whichever a request
  /// wants.
  case logits = "logits"
}

extension Component {
  /// The rows that a component has in a run of a block.
  enum Rows {
    /// Those that come into the block.
    case entering
    /// Those that have left it.
    case leaving
    /// Inside, all that came in: keys are made of them.
    case keys
    /// Inside, those whose output is needed.
    case outputs
    /// Those of the source that a cross-attention reads, one for each position of the encoder.
    case source
  }

  /// The facts about a component that a run has to know.
  private struct Facts {
    let rows: Rows
    /// The order in which a block makes its components; nil for what is outside.
    var order: Int?
    var hasHeads = false
    /// Tells whether the positions that a row has numbers for are the source's.
    var isOverSource = false
  }

  private var facts: Facts {
    switch self {
    case .embeddingOutput, .blockInput: Facts(rows: .entering)
    case .blockOutput, .finalNormScale, .finalNormOutput, .logits: Facts(rows: .leaving)
    case .attentionNormScale: Facts(rows: .keys, order: 0)
    case .attentionInput: Facts(rows: .keys, order: 1)
    case .queryOutput: Facts(rows: .outputs, order: 2, hasHeads: true)
    case .keyOutput, .valueOutput: Facts(rows: .keys, order: 2, hasHeads: true)
    case .positionedQueryOutput: Facts(rows: .outputs, order: 3, hasHeads: true)
    case .positionedKeyOutput: Facts(rows: .keys, order: 3, hasHeads: true)
    case .attentionScores: Facts(rows: .outputs, order: 4, hasHeads: true)
    case .attentionWeight: Facts(rows: .outputs, order: 5, hasHeads: true)
    case .attentionValueOutput: Facts(rows: .outputs, order: 6, hasHeads: true)
    case .headOutput: Facts(rows: .outputs, order: 7, hasHeads: true)
    case .attentionProjection: Facts(rows: .outputs, order: 8)
    case .attentionOutput: Facts(rows: .outputs, order: 9)
    case .residualMiddle: Facts(rows: .outputs, order: 10)
    case .encoderOutput: Facts(rows: .source, order: 11)
    case .crossAttentionInput: Facts(rows: .outputs, order: 11)
    case .crossQueryOutput: Facts(rows: .outputs, order: 12, hasHeads: true)
    case .crossKeyOutput, .crossValueOutput: Facts(rows: .source, order: 12, hasHeads: true)
    case .crossAttentionScores:
      Facts(rows: .outputs, order: 13, hasHeads: true, isOverSource: true)
    case .crossAttentionWeight:
      Facts(rows: .outputs, order: 14, hasHeads: true, isOverSource: true)
    case .crossAttentionValueOutput: Facts(rows: .outputs, order: 15, hasHeads: true)
    case .crossHeadOutput: Facts(rows: .outputs, order: 16, hasHeads: true)
    case .crossAttentionOutput: Facts(rows: .outputs, order: 17)
    case .residualMiddleCross: Facts(rows: .outputs, order: 18)
    case .mlpNormScale: Facts(rows: .outputs, order: 19)
    case .mlpInput: Facts(rows: .outputs, order: 20)
    case .gateOutput, .upOutput, .routerLogits: Facts(rows: .outputs, order: 21)
    case .mlpActivation: Facts(rows: .outputs, order: 22)
    case .mlpHidden: Facts(rows: .outputs, order: 23)
    case .expertOutput: Facts(rows: .outputs, order: 23, hasHeads: true)
    case .mlpProjection: Facts(rows: .outputs, order: 24)
    case .mlpOutput: Facts(rows: .outputs, order: 25)
    }
  }

  /// Its name, with `head_` before it for a single head, unless it begins so.
  func name(isPerHead: Bool) -> String {
    isPerHead && self != .headOutput ? "head_" + rawValue : rawValue
  }

  /// Tells whether the vector is made of one part for each head.
  public var hasHeads: Bool { facts.hasHeads }

  /// Tells whether an edit of another component of the same layer can depend on this one: it is
  /// made before it, inside the block.
  public func canBeRead(by edited: Component) -> Bool {
    guard let order = facts.order, let later = edited.facts.order,
      isOfSource == edited.isOfSource
    else { return false }
    return order < later
  }

  /// Tells whether its rows are those of the source that a cross-attention reads, one for each
  /// position of the encoder.
  public var isOfSource: Bool { facts.rows == .source }

  /// Tells whether its rows, where they have a number for each position of a text, have them for
  /// the source's: a decoder's queries that look at an encoder.
  public var isOverSource: Bool { facts.isOverSource }

  /// Tells whether what keys are made of is, too: inside a block it is needed for all rows, the
  /// rest only for rows whose output is needed.
  var isKeySide: Bool { facts.rows == .keys }

  /// Tells whether it has left the block: its rows are those of the stage after it.
  var hasLeft: Bool { facts.rows == .leaving }

  /// Tells whether it lies between a block's input and its output.
  var isInside: Bool { facts.order != nil }

  /// Tells whether it is made after the last block, of what the head reads or gives.
  var isOfHead: Bool { self != .blockOutput && hasLeft }

  /// Tells whether some layer can have it: the first one of the embeddings, the last one of what
  /// the head reads and gives.
  func isPossible(in layer: Int, of layers: Int) -> Bool {
    switch self {
    case .embeddingOutput: layer == 0
    default: !isOfHead || layer == layers - 1
    }
  }
}
