import InterchangeModels
import Testing

/// TransformerLens's names of hooks.
@Suite struct HookNameTests {
  @Test(arguments: [
    ("blocks.5.hook_resid_pre", Site.blockInput(5)),
    ("blocks.0.hook_resid_mid", .residualMiddle(0)),
    ("blocks.11.hook_resid_post", .blockOutput(11)),
    ("blocks.1.attn.hook_q", .queryOutput(1)), ("blocks.1.attn.hook_k", .keyOutput(1)),
    ("blocks.1.attn.hook_v", .valueOutput(1)), ("blocks.1.attn.hook_z", .attentionValueOutput(1)),
    ("blocks.1.attn.hook_rot_q", .positionedQueryOutput(1)),
    ("blocks.1.attn.hook_rot_k", .positionedKeyOutput(1)),
    ("blocks.1.attn.hook_attn_scores", .attentionScores(1)),
    ("blocks.1.attn.hook_pattern", .attentionWeight(1)),
    ("blocks.1.attn.hook_result", .headOutput(1)), ("blocks.1.hook_attn_out", .attentionOutput(1)),
    ("blocks.1.ln1.hook_scale", .attentionNormScale(1)),
    ("blocks.1.ln1.hook_normalized", .attentionInput(1)),
    ("blocks.1.ln2.hook_scale", .mlpNormScale(1)), ("blocks.1.ln2.hook_normalized", .mlpInput(1)),
    ("blocks.1.mlp.hook_pre_linear", .upOutput(1)), ("blocks.1.mlp.hook_post", .mlpHidden(1)),
    ("blocks.1.hook_mlp_out", .mlpOutput(1)), ("hook_embed", .embeddingOutput()),
    ("blocks.4.cross_attn.hook_q", .crossQueryOutput(4)),
    ("blocks.4.cross_attn.hook_k", .crossKeyOutput(4)),
    ("blocks.4.cross_attn.hook_v", .crossValueOutput(4)),
    ("blocks.4.cross_attn.hook_attn_scores", .crossAttentionScores(4)),
    ("blocks.4.cross_attn.hook_pattern", .crossAttentionWeight(4)),
    ("blocks.4.cross_attn.hook_z", .crossAttentionValueOutput(4)),
    ("blocks.4.cross_attn.hook_result", .crossHeadOutput(4)),
    ("blocks.4.hook_cross_attn_out", .crossAttentionOutput(4)),
    ("blocks.4.hook_resid_mid_cross", .residualMiddleCross(4)),
  ])
  func names(hook: String, site: Site) throws {
    #expect(try Site(hook: hook) == site)
    var placed = site
    (placed.head, placed.positions) = (3, .last)
    #expect(try Site(hook: hook, head: 3, .last) == placed)
  }

  /// Some are other sites in other models.
  @Test func ofAModel() throws {
    let gated = try TinyModel("llama-gqa").model.architecture
    let plain = try ArchitectureForm("gpt2").model.architecture
    #expect(try Site(hook: "blocks.1.mlp.hook_pre", of: gated) == .gateOutput(1))
    #expect(try Site(hook: "blocks.1.mlp.hook_pre", of: plain) == .upOutput(1))
    #expect(try Site(hook: "ln_final.hook_normalized", of: gated) == .finalNormOutput(2))
    #expect(try Site(hook: "ln_final.hook_scale", of: gated) == .finalNormScale(2))
    #expect(
      line { _ = try Site(hook: "ln_final.hook_scale") }
        == "expected an input of the model whose ln_final.hook_scale is meant, as that is another "
        + "site in each, found none")
    let experts = try ArchitectureForm("mixtral").model.architecture
    #expect(
      line { _ = try Site(hook: "blocks.0.mlp.hook_pre", of: experts) }
        == "no component 'blocks.0.mlp.hook_pre' in a mixtral model")
  }

  /// An encoder-decoder's stacks are counted apart there, and its decoder's norms are three.
  @Test func ofAStack() throws {
    let t5 = try ArchitectureForm("t5").model.architecture
    let plain = try ArchitectureForm("gpt2").model.architecture
    let stacks = try #require(t5.stacks)
    let below = stacks.encoder.layers
    let names: [(String, Site)] = [
      ("encoder.1.attn.hook_pattern", .attentionWeight(1)),
      ("encoder.0.ln2.hook_normalized", .mlpInput(0)),
      ("decoder.1.attn.hook_pattern", .attentionWeight(below + 1)),
      ("decoder.1.cross_attn.hook_pattern", .crossAttentionWeight(below + 1)),
      ("decoder.0.cross_attn.hook_attn_scores", .crossAttentionScores(below)),
      ("decoder.0.ln2.hook_normalized", .crossAttentionInput(below)),
      ("decoder.0.ln3.hook_normalized", .mlpInput(below)),
      ("decoder.0.ln3.hook_scale", .mlpNormScale(below)),
    ]
    for (hook, site) in names { #expect(try Site(hook: hook, of: t5) == site, "\(hook)") }
    func fault(_ hook: String, _ architecture: (any Architecture)?) -> String? {
      line { _ = try Site(hook: hook, of: architecture) }
    }
    #expect(
      fault("decoder.\(stacks.decoder.layers).hook_resid_pre", t5)
        == "layer \(stacks.decoder.layers) is out of range: the model has layers 0 to "
        + "\(stacks.decoder.layers - 1)")
    #expect(fault("encoder.\(below).hook_resid_pre", t5) != nil)
    #expect(fault("decoder.0.ln2.hook_scale", t5)?.hasPrefix("no component") == true)
    #expect(fault("encoder.0.ln3.hook_scale", t5)?.hasPrefix("no component") == true)
    #expect(fault("decoder.0.hook_resid_pre", plain)?.hasPrefix("no component") == true)
    #expect(fault("decoder.0.hook_resid_pre", nil)?.contains("the model whose") == true)
  }

  @Test(arguments: [
    "", "blocks", "blocks.1", "blocks.1.", "blocks.x.hook_resid_pre", "blocks.-1.hook_resid_pre",
    "blocks.1.hook_pos_embed", "hook_pos_embed", "block.1.hook_resid_pre", "blocks.1.attn.hook_zz",
  ])
  func unknown(hook: String) {
    #expect(throws: ModelError.noSuchComponent(component: hook, architecture: "transformer")) {
      try Site(hook: hook)
    }
  }
}
