import InterchangeBasics
import InterchangeTensors
import InterchangeTokenizers

extension LanguageModel {
  /// The tokens of a text that the heads of some layers look at.
  ///
  /// - Parameters:
  ///   - heads: which of each layer; nil for all
  ///   - edits: made while the text is run, so that one sees what an intervention changes
  /// - Throws: ``ModelError`` when the model lacks a layer or head, the text is empty or too long,
  ///   or a layer is one of an encoder-decoder's decoder, which hasn't read anything yet:
  ///   ``crossAttentionPatterns(of:target:layers:heads:edits:)`` has those.
  public func attentionPatterns(
    of text: String, layers: [Int], heads: [Int]? = nil, edits: [Edit] = []
  ) throws -> AttentionPatterns {
    for layer in layers {
      for head in heads ?? [] {
        try network.validate(.attentionWeight, layer: layer, head: head)
      }
    }
    let encoded = encode(text)
    if let encoder = architecture.stacks?.encoder,
      let layer = layers.first(where: { $0 >= encoder.layers })
    {
      throw ModelError.layerOutOfRange(layer: layer, layers: encoder.layers)
    }
    return AttentionPatterns(
      text: text, tokens: encoded.ids.map(label),
      isCausal: architecture.isCausal && architecture.stacks == nil,
      heads: try patterns(.attentionWeight, encoded.input, layers, heads, edits))
  }

  /// The tokens of a source that the heads of some layers of an encoder-decoder's decoder look at
  /// from each token of a target.
  ///
  /// - Parameters:
  ///   - target: the text that has been written; the model's start token stands before it
  ///   - layers: of the decoder, counted from the encoder's first
  ///   - heads: which of each layer; nil for all
  /// - Throws: ``ModelError`` when a layer has no cross-attention, the model lacks a head, or a text
  ///   is too long.
  public func crossAttentionPatterns(
    of text: String, target: String, layers: [Int], heads: [Int]? = nil, edits: [Edit] = []
  ) throws -> AttentionPatterns {
    let ids = encode(text).ids
    let input = architecture.input(
      ids, continuedBy: tokenizer.encode(target, addingSpecialTokens: false))
    return AttentionPatterns(
      text: text, target: target, tokens: (input.tokenIDs ?? []).map(label),
      sourceTokens: ids.map(label), isCausal: false,
      heads: try patterns(.crossAttentionWeight, input, layers, heads, edits))
  }

  private func patterns(
    _ component: Component, _ input: ModelInput, _ layers: [Int], _ heads: [Int]?,
    _ edits: [Edit]
  ) throws -> [AttentionPatterns.Head] {
    let chosen = try layers.flatMap { layer in
      try network.validate(component, layer: layer)
      let all = architecture.dimensions(of: component, layer: layer)?.heads ?? 0
      return try (heads ?? Array(0..<all)).map { head in
        try network.validate(component, layer: layer, head: head)
        return (layer: layer, head: head)
      }
    }
    guard let first = layers.first else { return [] }
    let site = Site(component, layer: first)
    let (queries, keys) = (
      network.positionCount(of: input, at: site), network.keyCount(of: input, at: site)
    )
    let places = chosen.count
    let all = architecture.dimensions(of: component)?.heads ?? 1
    // A weight as a float in the run and in the result, and as text in a record and in a figure;
    // the page that is drawn; and of all heads of the layer that is computed the scores, the
    // weights and their rows.
    try requireMemory(
      Double(100 * places + 400 + 12 * all) * Double(queries) * Double(keys),
      for: "\(places) attention patterns of \(keys) tokens")
    let captures = chosen.map { layer, head in
      Cells(component, layer: layer, head: head, positions: [Array(0..<queries)])
    }
    let weights = try run(Request([input], edits: edits, captures: captures)).captures
    return zip(chosen, weights).map { place, rows in
      AttentionPatterns.Head(
        layer: place.layer, head: place.head,
        weights: (0..<queries).map { query in (0..<keys).map { rows[query, $0] } })
    }
  }
}
