import Foundation
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Scores, weights, positioned queries and the heads' additions against plain loops over other
/// components, in every architecture, of the cross-attention too.
@Suite struct AttentionComponentTests {
  /// The values of components of a layer at all of their positions for a text.
  private func values(
    _ form: ArchitectureForm, _ input: ModelInput, _ layer: Int, _ components: [Component],
    edits: [Edit] = []
  ) throws -> [Tensor] {
    try form.model.run(
      Request(
        [input], edits: edits,
        captures: components.map {
          Cells($0, layer: layer, positions: form.everywhere(input, $0, layer))
        })
    ).captures
  }

  /// Scores are the scaled and bounded products of positioned queries with positioned keys of their
  /// key head, where nothing is added for positions; weights are the softmax of what is seen.
  @Test(arguments: ArchitectureForm.all)
  func scoresAndWeights(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let architecture = form.model.architecture
    let places = (0..<architecture.layers).flatMap { layer in
      AttentionSites.all(of: architecture, layer: layer).map { (layer, $0) }
    }
    for (layer, sites) in places {
      let captured = try values(
        form, input, layer, [sites.queries, sites.keys, sites.scores, sites.weights])
      let (queries, keys, scores, weights) = (captured[0], captured[1], captured[2], captured[3])
      let heads = try #require(architecture.dimensions(of: sites.scores, layer: layer)?.heads)
      let (length, width) = (keys.rows, queries.width / heads)
      let below = architecture.stacks?.encoder.layers ?? 0
      let isOfDecoder = layer >= below
      let stack = architecture.stacks.map { isOfDecoder ? $0.decoder : $0.encoder } ?? architecture
      let own = isOfDecoder ? layer - below : layer
      let window = sites.isCross ? nil : stack.window(of: own)
      let scale = Self.scale(stack, own, headWidth: width, isCross: sites.isCross)
      try #require(scores.width == heads * length && weights.shape == scores.shape)
      var compared = 0
      for row in 0..<queries.rows {
        func sees(_ key: Int) -> Bool {
          if stack.isCausal && key > row && !sites.isCross { return false }
          return window.map { row - key <= $0.before && key - row <= $0.after } ?? true
        }
        for head in 0..<heads {
          let own = head * keys.width / width / heads
          var total = 0.0
          for key in 0..<length where sees(key) {
            total += exp(Double(scores[row, head * length + key]))
          }
          for key in 0..<length {
            let place = head * length + key
            let (score, weight) = (Double(scores[row, place]), Double(weights[row, place]))
            guard sees(key) else {
              #expect(score == 0 && weight == 0)
              continue
            }
            // A softmax of scores of order 1.
            #expect(abs(weight - exp(score) / total) < 2e-6, "\(name) \(layer).\(head)")
            guard let scale else { continue }
            let product = (0..<width).reduce(0.0) {
              $0 + Double(queries[row, head * width + $1]) * Double(keys[key, own * width + $1])
            }
            let size = max(1, abs(score))
            #expect(abs(scale(product) - score) < 5e-6 * size, "\(name) \(layer).\(head)")
            compared += 1
          }
        }
      }
      #expect(scale == nil || compared >= heads * max(length, queries.rows))
    }
  }

  /// A score's function of the product; nil where something is added for positions.
  private static func scale(
    _ architecture: any Architecture, _ layer: Int, headWidth: Int, isCross: Bool
  ) -> ((Double) -> Double)? {
    guard let design = (architecture as? Transformer)?.design else {
      return { $0 / Double(headWidth).squareRoot() }
    }
    let attention = design.attention
    // Nothing is added for places in another text.
    if isCross {
      let factor = attention.scale.map(Double.init) ?? 1 / Double(headWidth).squareRoot()
      return { factor * $0 }
    }
    guard attention.slopes == nil, attention.distances == nil, attention.relative == nil else {
      return nil
    }
    let own = Double(attention.scale ?? 1 / Float(headWidth).squareRoot())
    let factor = own * Double(design.layerAttention[layer].scale)
    return { product in
      attention.softCap.map { Double($0) * tanh(factor * product / Double($0)) }
        ?? factor * product
    }
  }

  /// Each head's addition is what the projection makes of its values alone; with the bias they are
  /// the projection.
  @Test(arguments: ArchitectureForm.all)
  func headsAddUp(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let architecture = form.model.architecture
    let places = (0..<architecture.layers).flatMap { layer in
      AttentionSites.all(of: architecture, layer: layer).map { (layer, $0) }
    }
    for (layer, sites) in places {
      let made: Component =
        !sites.isCross && architecture.hasComponent(.attentionProjection, layer: layer)
        ? .attentionProjection : sites.output
      let captured = try values(form, input, layer, [sites.heads, made])
      let heads = try #require(architecture.dimensions(of: sites.heads, layer: layer)?.heads)
      let width = captured[1].width
      let everywhere = form.everywhere(input, sites.heads, layer)
      /// The projection with the values of one head alone, or of none.
      func projection(_ head: Int?) throws -> Tensor {
        let edit = Edit(Cells(sites.mixed, layer: layer, positions: everywhere)) { rows in
          let part = rows.width / heads
          let zeros = Tensor.zeros(rows.shape)
          guard let head else { return zeros }
          let columns = head * part..<(head + 1) * part
          return zeros.replacingColumns(columns, with: rows.columns(columns))
        }
        return try values(form, input, layer, [made], edits: [edit])[0]
      }
      let bias = try projection(nil)
      let size = Rounding.largest(captured[1].elements)
      var sum = bias
      for head in 0..<heads {
        let own = captured[0].columns(head * width..<(head + 1) * width)
        // Two more sums of a projection than in the head's own.
        expectClose(
          own, try projection(head) - bias, absolute: 1e-5 * max(size, 1e-3), relative: 0,
          "\(name) \(layer).\(head)")
        sum = sum + own
      }
      expectClose(
        captured[1], sum, absolute: 1e-5 * max(size, 1e-3), relative: 0, "\(name) \(layer)")
    }
  }

  /// With all of a query's weight on one position the head's mixed values are that position's.
  @Test(arguments: ArchitectureForm.all)
  func weightOnOnePosition(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("short")
    let architecture = form.model.architecture
    let layer = architecture.layers - 1
    for sites in AttentionSites.all(of: architecture, layer: layer) {
      let heads = try #require(architecture.dimensions(of: sites.weights)?.heads)
      let length = form.everywhere(input, sites.keys, layer)[0].count
      let query = form.everywhere(input, sites.weights, layer)[0].count - 1
      let (key, head) = (max(0, length - 2), heads - 1)
      func cells(_ component: Component, _ head: Int?, _ position: Int) -> Cells {
        Cells(component, layer: layer, head: head, positions: [[position]])
      }
      let oneHot = Edit(cells(sites.weights, head, query)) { rows in
        Tensor((0..<rows.width).map { $0 == key ? 1 : 0 }, shape: rows.shape)
      }
      let highScore = Edit(cells(sites.scores, head, query)) { rows in
        Tensor((0..<rows.width).map { $0 == key ? 1e4 : -1e4 }, shape: rows.shape)
      }
      let keyHeads = try #require(architecture.dimensions(of: sites.values)?.heads)
      let clip = (architecture as? Transformer)?.design.attention.clip ?? .infinity
      for edit in [oneHot, highScore] {
        var request = Request([input], edits: [edit])
        request.captures = [
          cells(sites.mixed, head, query), cells(sites.values, head * keyHeads / heads, key),
          cells(sites.mixed, 0, query), cells(sites.weights, nil, query),
        ]
        let found = try form.model.run(request).captures
        let value = found[1].elements.map { min(max($0, -clip), clip) }
        // One product with 1, others with 0.
        #expect(found[0].elements == value, "\(name)")
        // The other heads are as they were.
        request.edits = []
        let plain = try form.model.run(request).captures
        #expect(found[2].elements == plain[2].elements, "\(name)")
        // The bare weights are seen by whoever reads them later.
        #expect(found[3][0, head * length + key] == 1)
      }
    }
  }
}
