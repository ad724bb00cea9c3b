extension Site {
  /// The components behind TransformerLens's names of hooks, after `blocks.LAYER.`; of several the
  /// one that a model has: a gated MLP's `hook_pre` is its gate.
  private static let blockHooks: [String: [Component]] = [
    "hook_resid_pre": [.blockInput],
    "hook_resid_mid": [.residualMiddle],
    "hook_resid_mid_cross": [.residualMiddleCross],
    "hook_resid_post": [.blockOutput],
    "ln1.hook_scale": [.attentionNormScale],
    "ln1.hook_normalized": [.attentionInput],
    "attn.hook_q": [.queryOutput],
    "attn.hook_k": [.keyOutput],
    "attn.hook_v": [.valueOutput],
    "attn.hook_rot_q": [.positionedQueryOutput],
    "attn.hook_rot_k": [.positionedKeyOutput],
    "attn.hook_attn_scores": [.attentionScores],
    "attn.hook_pattern": [.attentionWeight],
    "attn.hook_z": [.attentionValueOutput],
    "attn.hook_result": [.headOutput],
    "hook_attn_out": [.attentionOutput],
    "cross_attn.hook_q": [.crossQueryOutput],
    "cross_attn.hook_k": [.crossKeyOutput],
    "cross_attn.hook_v": [.crossValueOutput],
    "cross_attn.hook_attn_scores": [.crossAttentionScores],
    "cross_attn.hook_pattern": [.crossAttentionWeight],
    "cross_attn.hook_z": [.crossAttentionValueOutput],
    "cross_attn.hook_result": [.crossHeadOutput],
    "hook_cross_attn_out": [.crossAttentionOutput],
    "ln2.hook_scale": [.mlpNormScale],
    "ln2.hook_normalized": [.mlpInput],
    "mlp.hook_pre": [.gateOutput, .upOutput],
    "mlp.hook_pre_linear": [.upOutput],
    "mlp.hook_post": [.mlpHidden],
    "hook_mlp_out": [.mlpOutput],
  ]

  /// The same after `decoder.LAYER.` where they differ: the second norm is the cross-attention's,
  /// whose divisor is no site, and the third one the MLP's.
  private static let decoderHooks: [String: [Component]] = [
    "ln2.hook_scale": [],
    "ln2.hook_normalized": [.crossAttentionInput],
    "ln3.hook_scale": [.mlpNormScale],
    "ln3.hook_normalized": [.mlpInput],
  ]

  /// The same outside of blocks.
  private static let outerHooks: [String: Component] = [
    "hook_embed": .embeddingOutput,
    "ln_final.hook_scale": .finalNormScale,
    "ln_final.hook_normalized": .finalNormOutput,
  ]

  /// The blocks that a hook's name counts.
  private enum HookBlocks: String {
    /// All of them.
    case blocks
    /// Those of one stack of an encoder-decoder.
    case encoder, decoder

    func components(_ hook: String) -> [Component] {
      (self == .decoder ? Site.decoderHooks[hook] : nil) ?? Site.blockHooks[hook] ?? []
    }

    /// The layer of a block of one stack; nil where a model has none.
    ///
    /// - Throws: ``ModelError/layerOutOfRange(layer:layers:)`` where the stack lacks the block.
    func layer(_ block: Int, of architecture: any Architecture) throws -> Int? {
      guard let stacks = architecture.stacks else { return nil }
      let stack = self == .encoder ? stacks.encoder : stacks.decoder
      guard block < stack.layers else {
        throw ModelError.layerOutOfRange(layer: block, layers: stack.layers)
      }
      return self == .encoder ? block : stacks.encoder.layers + block
    }
  }

  /// A site by the name of a hook in TransformerLens, such as `blocks.5.attn.hook_z`, or of an
  /// encoder-decoder `decoder.2.cross_attn.hook_pattern`.
  ///
  /// - Parameters:
  ///   - architecture: the model's; needed for the hooks of an encoder and of a decoder, for those
  ///     after the last block and for `mlp.hook_pre`, which is another component where an MLP has a
  ///     gate
  /// - Throws: ``ModelError/noSuchComponent(component:architecture:)`` for a hook that has no
  ///   counterpart, ``ModelError/layerOutOfRange(layer:layers:)`` for one of a block that a stack
  ///   lacks, ``ModelError/invalidInput(expected:found:)`` where the architecture is needed.
  public init(
    hook name: String, of architecture: (any Architecture)? = nil, head: Int? = nil,
    _ positions: Positions = .all
  ) throws {
    func needed() throws -> any Architecture {
      guard let architecture else {
        throw ModelError.invalidInput(
          expected: "the model whose \(name) is meant, as that is another site in each",
          found: "none")
      }
      return architecture
    }
    func unknown() -> ModelError {
      .noSuchComponent(component: name, architecture: architecture?.name ?? "transformer")
    }
    if let component = Self.outerHooks[name] {
      let layer = component == .embeddingOutput ? 0 : try needed().layers - 1
      self.init(component, layer: layer, head: head, positions)
      return
    }
    let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let blocks = HookBlocks(rawValue: String(parts[0])),
      let number = Int(parts[1]), number >= 0
    else { throw unknown() }
    let components = blocks.components(String(parts[2]))
    guard let first = components.first else { throw unknown() }
    let layer = try blocks == .blocks ? number : blocks.layer(number, of: needed())
    guard let layer else { throw unknown() }
    guard components.count > 1 else {
      self.init(first, layer: layer, head: head, positions)
      return
    }
    let known = try needed()
    guard let component = components.first(where: { known.dimensions(of: $0) != nil }) else {
      throw unknown()
    }
    self.init(component, layer: layer, head: head, positions)
  }
}
