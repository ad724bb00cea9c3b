extension Site {
  /// The components behind TransformerLens's names of hooks, after `blocks.LAYER.`; of several the
  /// one that a model has: a gated MLP's `hook_pre` is its gate.
  private static let blockHooks: [String: [Component]] = [
    "hook_resid_pre": [.blockInput],
    "hook_resid_mid": [.residualMiddle],
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
    "ln2.hook_scale": [.mlpNormScale],
    "ln2.hook_normalized": [.mlpInput],
    "mlp.hook_pre": [.gateOutput, .upOutput],
    "mlp.hook_pre_linear": [.upOutput],
    "mlp.hook_post": [.mlpHidden],
    "hook_mlp_out": [.mlpOutput],
  ]

  /// The same outside of blocks.
  private static let outerHooks: [String: Component] = [
    "hook_embed": .embeddingOutput,
    "ln_final.hook_scale": .finalNormScale,
    "ln_final.hook_normalized": .finalNormOutput,
  ]

  /// A site by the name of a hook in TransformerLens, such as `blocks.5.attn.hook_z`.
  ///
  /// - Parameters:
  ///   - architecture: the model's; needed for the hooks after the last block and for
  ///     `mlp.hook_pre`, which is another component where an MLP has a gate
  /// - Throws: ``ModelError/noSuchComponent(component:architecture:)`` for a hook that has no
  ///   counterpart, ``ModelError/invalidInput(expected:found:)`` where the architecture is needed.
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
    if let component = Self.outerHooks[name] {
      let layer = component == .embeddingOutput ? 0 : try needed().layers - 1
      self.init(component, layer: layer, head: head, positions)
      return
    }
    let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "blocks", let layer = Int(parts[1]), layer >= 0,
      let components = Self.blockHooks[String(parts[2])]
    else {
      throw ModelError.noSuchComponent(
        component: name, architecture: architecture?.name ?? "transformer")
    }
    guard components.count > 1 else {
      self.init(components[0], layer: layer, head: head, positions)
      return
    }
    let known = try needed()
    guard let component = components.first(where: { known.dimensions(of: $0) != nil }) else {
      throw ModelError.noSuchComponent(component: name, architecture: known.name)
    }
    self.init(component, layer: layer, head: head, positions)
  }
}
