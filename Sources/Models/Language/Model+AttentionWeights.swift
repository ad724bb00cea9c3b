import InterchangeTensors

extension Model {
  /// The attention weights of a layer for all positions of each input: [heads, positions,
  /// positions] each.
  ///
  /// - Throws: ``ModelError`` when the model lacks the layer, or has no attention.
  public func attentionWeights(
    _ inputs: [ModelInput], layer: Int, edits: [Edit] = [], store: ActivationStore? = nil
  ) throws -> [Tensor] {
    try attentionWeights(inputs, layers: [layer], edits: edits, store: store)[0]
  }

  /// The attention weights of some layers, in one run: by layer and input [heads, positions,
  /// positions].
  ///
  /// - Throws: ``ModelError`` when the model lacks a layer, or has no attention.
  public func attentionWeights(
    _ inputs: [ModelInput], layers: [Int], edits: [Edit] = [], store: ActivationStore? = nil
  ) throws -> [[Tensor]] {
    try weights(.attentionWeight, inputs, layers: layers, edits: edits, store: store)
  }

  /// The weights with which some layers of an encoder-decoder's decoder look at its source, in one
  /// run: by layer and input [heads, positions of the target, positions of the source].
  ///
  /// - Throws: ``ModelError`` when the model lacks a layer, or the layer has no cross-attention.
  public func crossAttentionWeights(
    _ inputs: [ModelInput], layers: [Int], edits: [Edit] = [], store: ActivationStore? = nil
  ) throws -> [[Tensor]] {
    try weights(.crossAttentionWeight, inputs, layers: layers, edits: edits, store: store)
  }

  /// By layer and input [heads, queries, keys].
  private func weights(
    _ component: Component, _ inputs: [ModelInput], layers: [Int], edits: [Edit],
    store: ActivationStore?
  ) throws -> [[Tensor]] {
    let sizes = layers.map { layer in
      inputs.map { input in
        (
          queries: positionCount(of: input, component, layer: layer),
          keys: keyCount(of: input, at: Site(component, layer: layer))
        )
      }
    }
    let captures = zip(layers, sizes).map { layer, sizes in
      Cells(component, layer: layer, positions: sizes.map { Array(0..<$0.queries) })
    }
    let found = try run(Request(inputs, edits: edits, captures: captures), store: store).captures
    return zip(layers, zip(found, sizes)).map { layer, part in
      let (rows, sizes) = part
      let heads = architecture.dimensions(of: component, layer: layer)?.heads ?? 0
      let longest = heads > 0 ? rows.width / heads : 0
      var first = 0
      return sizes.map { queries, keys in
        defer { first += queries }
        return Tensor.concatenatingRows(
          (0..<heads).map { head in
            rows.rowSlice(first..<first + queries).detached
              .columns(head * longest..<head * longest + keys)
          }
        ).reshaped([heads, queries, keys])
      }
    }
  }
}
