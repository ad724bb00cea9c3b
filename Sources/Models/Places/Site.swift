/// A kind of hidden representation that can be read and edited, by its name in the field.
///
/// The definitions are pyvene's where nothing else is said; widths are those of a decoder of width
/// d with H heads of width w, K key heads and an MLP of width m.
public enum Component: String, Sendable, CaseIterable, Codable {
  /// The residual stream before a block: [d].
  case blockInput = "block_input"
  /// The residual stream after a block: [d].
  case blockOutput = "block_output"
  /// The attention's input, after its norm: [d].
  case attentionInput = "attention_input"
  /// What the attention's output projection makes, where a norm or a factor stands between it and
  /// the residual stream: [d].
  case attentionProjection = "attention_projection"
  /// The attention's addition to the residual stream: [d].
  case attentionOutput = "attention_output"
  /// The heads' mixed values, before the output projection: [H·w].
  case attentionValueOutput = "attention_value_output"
  /// The queries, before any position encoding: [H·w].
  case queryOutput = "query_output"
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
  /// What each expert adds to the MLP's output, 0 where a row isn't sent to it: [experts · d].
  case expertOutput = "expert_output"
  /// What the MLP's last projection makes, where a norm or a factor stands between it and the
  /// residual stream: [d].
  case mlpProjection = "mlp_projection"
  /// The MLP's addition to the residual stream: [d].
  case mlpOutput = "mlp_output"

  /// Tells whether the vector is made of one part for each head.
  public var hasHeads: Bool {
    switch self {
    case .attentionValueOutput, .queryOutput, .keyOutput, .positionedKeyOutput, .valueOutput,
      .crossQueryOutput, .crossKeyOutput, .crossValueOutput, .crossAttentionValueOutput,
      .expertOutput:
      true
    default: false
    }
  }

  /// Tells whether an edit of another component of the same layer can depend on this one: it is
  /// made before it, inside the block.
  public func canBeRead(by edited: Component) -> Bool {
    guard let place = placeInBlock, let later = edited.placeInBlock,
      isOfSource == edited.isOfSource
    else { return false }
    return place < later
  }

  /// The order in which a block makes its components; nil for what goes from block to block.
  private var placeInBlock: Int? {
    switch self {
    case .blockInput, .blockOutput: nil
    case .attentionInput: 0
    case .queryOutput, .keyOutput, .valueOutput: 1
    case .positionedKeyOutput: 2
    case .attentionValueOutput: 3
    case .attentionProjection: 4
    case .attentionOutput: 5
    case .residualMiddle: 6
    case .encoderOutput, .crossAttentionInput: 7
    case .crossQueryOutput, .crossKeyOutput, .crossValueOutput: 8
    case .crossAttentionValueOutput: 9
    case .crossAttentionOutput: 10
    case .residualMiddleCross: 11
    case .mlpInput: 12
    case .gateOutput, .upOutput, .routerLogits: 13
    case .mlpActivation: 14
    case .mlpHidden, .expertOutput: 15
    case .mlpProjection: 16
    case .mlpOutput: 17
    }
  }

  /// Tells whether its rows are those of the source that a cross-attention reads, one for each
  /// position of the encoder.
  public var isOfSource: Bool {
    switch self {
    case .encoderOutput, .crossKeyOutput, .crossValueOutput: true
    default: false
    }
  }

  /// The row set inside a block: what keys are made of is needed for all rows, the rest only for
  /// rows whose output is needed.
  var isKeySide: Bool {
    switch self {
    case .attentionInput, .keyOutput, .positionedKeyOutput, .valueOutput: true
    default: false
    }
  }
}

/// A place in a model: a component of a layer, at chosen positions, whole or one head of it.
public struct Site: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The kind of hidden representation.
  public var component: Component
  /// The layer, counted from 0.
  public var layer: Int
  /// One head's part of the vector, or nil for all of it.
  public var head: Int?
  /// The positions of a sequence.
  public var positions: Positions

  /// A site at all positions unless others are given.
  public init(_ component: Component, layer: Int, head: Int? = nil, _ positions: Positions = .all) {
    (self.component, self.layer, self.head) = (component, layer, head)
    self.positions = positions
  }

  /// A site by its name in the field's list of components, such as `head_query_output`.
  ///
  /// - Throws: ``ModelError/noSuchComponent(component:architecture:)`` for a name that isn't in it,
  ///   or a per-head name without a head.
  public init(named name: String, layer: Int, head: Int? = nil, _ positions: Positions) throws {
    let perHead = name.hasPrefix("head_")
    let plain = perHead ? String(name.dropFirst("head_".count)) : name
    guard let component = Component(rawValue: plain), !perHead || component.hasHeads else {
      throw ModelError.noSuchComponent(component: name, architecture: "transformer")
    }
    guard !perHead || head != nil else {
      throw ModelError.invalidInput(expected: "a head number for \(name)", found: "none")
    }
    self.init(component, layer: layer, head: head, positions)
  }

  /// The component's name, with `head_` before it for a single head.
  public var name: String { (head == nil ? "" : "head_") + component.rawValue }

  public var description: String {
    "\(name) \(layer)\(head.map { " head \($0)" } ?? "") @ \(positions)"
  }

  /// The residual stream before a block.
  public static func blockInput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.blockInput, layer: layer, positions)
  }
  /// The residual stream after a block.
  public static func blockOutput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.blockOutput, layer: layer, positions)
  }
  /// The input of a layer's attention.
  public static func attentionInput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.attentionInput, layer: layer, positions)
  }
  /// The addition of a layer's attention to the residual stream.
  public static func attentionOutput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.attentionOutput, layer: layer, positions)
  }
  /// The heads' mixed values, or those of one head.
  public static func attentionValueOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.attentionValueOutput, layer: layer, head: head, positions)
  }
  /// A layer's queries, or those of one head.
  public static func queryOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.queryOutput, layer: layer, head: head, positions)
  }
  /// A layer's keys, or those of one key head.
  public static func keyOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.keyOutput, layer: layer, head: head, positions)
  }
  /// A layer's keys after their position encoding, or those of one key head.
  public static func positionedKeyOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.positionedKeyOutput, layer: layer, head: head, positions)
  }
  /// A layer's values, or those of one key head.
  public static func valueOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.valueOutput, layer: layer, head: head, positions)
  }
  /// What a layer's attention projects, before a norm or a factor.
  public static func attentionProjection(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.attentionProjection, layer: layer, positions)
  }
  /// What a layer's MLP projects, before a norm or a factor.
  public static func mlpProjection(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.mlpProjection, layer: layer, positions)
  }
  /// The scores of a layer's experts.
  public static func routerLogits(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.routerLogits, layer: layer, positions)
  }
  /// What a layer's experts add, or one of them.
  public static func expertOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.expertOutput, layer: layer, head: head, positions)
  }
  /// The encoder's rows as a layer of the decoder reads them.
  public static func encoderOutput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.encoderOutput, layer: layer, positions)
  }
  /// The queries of a layer's cross-attention, or those of one head.
  public static func crossQueryOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.crossQueryOutput, layer: layer, head: head, positions)
  }
  /// The keys of a layer's cross-attention, or those of one key head.
  public static func crossKeyOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.crossKeyOutput, layer: layer, head: head, positions)
  }
  /// The values of a layer's cross-attention, or those of one key head.
  public static func crossValueOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.crossValueOutput, layer: layer, head: head, positions)
  }
  /// The input of a layer's cross-attention.
  public static func crossAttentionInput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.crossAttentionInput, layer: layer, positions)
  }
  /// The addition of a layer's cross-attention to the residual stream.
  public static func crossAttentionOutput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.crossAttentionOutput, layer: layer, positions)
  }
  /// The cross-attention's mixed values, or those of one head.
  public static func crossAttentionValueOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.crossAttentionValueOutput, layer: layer, head: head, positions)
  }
  /// The residual stream between a layer's cross-attention and its MLP.
  public static func residualMiddleCross(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.residualMiddleCross, layer: layer, positions)
  }
  /// The residual stream after a layer's attention.
  public static func residualMiddle(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.residualMiddle, layer: layer, positions)
  }
  /// The input of a layer's MLP.
  public static func mlpInput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.mlpInput, layer: layer, positions)
  }
  /// A gated MLP's gate, before its non-linearity.
  public static func gateOutput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.gateOutput, layer: layer, positions)
  }
  /// An MLP's first projection.
  public static func upOutput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.upOutput, layer: layer, positions)
  }
  /// The output of an MLP's non-linearity.
  public static func mlpActivation(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.mlpActivation, layer: layer, positions)
  }
  /// The input of an MLP's last projection.
  public static func mlpHidden(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.mlpHidden, layer: layer, positions)
  }
  /// The addition of a layer's MLP to the residual stream.
  public static func mlpOutput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.mlpOutput, layer: layer, positions)
  }
}
