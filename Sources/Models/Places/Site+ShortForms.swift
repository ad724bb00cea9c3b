extension Site {
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
  /// The output of a layer's attention projection, before a norm or a factor.
  public static func attentionProjection(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.attentionProjection, layer: layer, positions)
  }
  /// The output of a layer's last MLP projection, before a norm or a factor.
  public static func mlpProjection(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.mlpProjection, layer: layer, positions)
  }
  /// The scores of a layer's experts.
  public static func routerLogits(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.routerLogits, layer: layer, positions)
  }
  /// The additions of a layer's experts, or of one of them.
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
  /// The scores of a layer's cross-attention before their softmax, or those of one head.
  public static func crossAttentionScores(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.crossAttentionScores, layer: layer, head: head, positions)
  }
  /// The shares that a layer's queries take of each position of the source, or those of one head.
  public static func crossAttentionWeight(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.crossAttentionWeight, layer: layer, head: head, positions)
  }
  /// The additions of a layer's heads to its cross-attention's output, or that of one.
  public static func crossHeadOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.crossHeadOutput, layer: layer, head: head, positions)
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
  /// The tokens' vectors as they enter the first layer of a stack.
  public static func embeddingOutput(_ layer: Int = 0, _ positions: Positions = .all) -> Site {
    Site(.embeddingOutput, layer: layer, positions)
  }
  /// A layer's queries after their position encoding, or those of one head.
  public static func positionedQueryOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.positionedQueryOutput, layer: layer, head: head, positions)
  }
  /// The scores of a layer's attention before their softmax, or those of one head.
  public static func attentionScores(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.attentionScores, layer: layer, head: head, positions)
  }
  /// The shares that a layer's queries take of each position, or those of one head.
  public static func attentionWeight(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.attentionWeight, layer: layer, head: head, positions)
  }
  /// The additions of a layer's heads to its attention's projection, or that of one.
  public static func headOutput(
    _ layer: Int, head: Int? = nil, _ positions: Positions = .all
  ) -> Site {
    Site(.headOutput, layer: layer, head: head, positions)
  }
  /// The divisor of the norm before a layer's attention.
  public static func attentionNormScale(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.attentionNormScale, layer: layer, positions)
  }
  /// The divisor of the norm before a layer's MLP.
  public static func mlpNormScale(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.mlpNormScale, layer: layer, positions)
  }
  /// The divisor of the norm before the head, in the last layer.
  public static func finalNormScale(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.finalNormScale, layer: layer, positions)
  }
  /// The residual stream after the norm before the head, in the last layer.
  public static func finalNormOutput(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.finalNormOutput, layer: layer, positions)
  }
  /// The outputs, in the last layer.
  public static func logits(_ layer: Int, _ positions: Positions = .all) -> Site {
    Site(.logits, layer: layer, positions)
  }
}
