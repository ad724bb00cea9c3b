import Foundation
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Scores, weights, positioned queries and the heads' additions against plain loops over other
/// components, in every architecture.
@Suite struct AttentionComponentTests {
  /// The values of components of a layer at all positions of a text.
  private func values(
    _ form: ArchitectureForm, _ input: ModelInput, _ layer: Int, _ components: [Component],
    edits: [Edit] = []
  ) throws -> [Tensor] {
    let positions = form.everywhere(input, .attentionWeight, layer)
    return try form.model.run(
      Request(
        [input], edits: edits,
        captures: components.map { Cells($0, layer: layer, positions: positions) })
    ).captures
  }

  /// Scores are the scaled and bounded products of positioned queries with positioned keys of their
  /// key head, where nothing is added for positions; weights are the softmax of what is seen.
  @Test(arguments: ArchitectureForm.all)
  func scoresAndWeights(name: String) throws {
    let form = try ArchitectureForm(name)
    let input = try form.input("long")
    let architecture = form.model.architecture
    for layer in 0..<architecture.layers {
      let captured = try values(
        form, input, layer,
        [.positionedQueryOutput, .positionedKeyOutput, .attentionScores, .attentionWeight])
      let (queries, keys, scores, weights) = (captured[0], captured[1], captured[2], captured[3])
      let heads = try #require(
        architecture.dimensions(of: .attentionScores, layer: layer)?.heads)
      let (length, width) = (queries.rows, queries.width / heads)
      let below = architecture.stacks?.encoder.layers ?? 0
      let isOfDecoder = layer >= below
      let stack = architecture.stacks.map { isOfDecoder ? $0.decoder : $0.encoder } ?? architecture
      let window = stack.window(of: isOfDecoder ? layer - below : layer)
      let scale = Self.scale(stack, isOfDecoder ? layer - below : layer, headWidth: width)
      try #require(scores.width == heads * length && weights.shape == scores.shape)
      var compared = 0
      for row in 0..<length {
        func sees(_ key: Int) -> Bool {
          if stack.isCausal && key > row { return false }
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
      #expect(scale == nil || compared >= heads * length)
    }
  }

  /// A score's function of the product; nil where something is added for positions.
  private static func scale(
    _ architecture: any Architecture, _ layer: Int, headWidth: Int
  ) -> ((Double) -> Double)? {
    guard let design = (architecture as? Transformer)?.design else {
      return { $0 / Double(headWidth).squareRoot() }
    }
    let attention = design.attention
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
    for layer in 0..<architecture.layers {
      let made: Component =
        architecture.hasComponent(.attentionProjection, layer: layer)
        ? .attentionProjection : .attentionOutput
      let captured = try values(form, input, layer, [.headOutput, made])
      let heads = try #require(architecture.dimensions(of: .headOutput, layer: layer)?.heads)
      let width = captured[1].width
      let everywhere = form.everywhere(input, .headOutput, layer)
      /// The projection with the values of one head alone, or of none.
      func projection(_ head: Int?) throws -> Tensor {
        let edit = Edit(Cells(.attentionValueOutput, layer: layer, positions: everywhere)) { rows in
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
    let heads = try #require(architecture.dimensions(of: .attentionWeight)?.heads)
    let length = form.everywhere(input, .attentionWeight, layer)[0].count
    let (query, key, head) = (length - 1, max(0, length - 2), heads - 1)
    func cells(_ component: Component, _ head: Int?, _ position: Int) -> Cells {
      Cells(component, layer: layer, head: head, positions: [[position]])
    }
    let oneHot = Edit(cells(.attentionWeight, head, query)) { rows in
      Tensor((0..<rows.width).map { $0 == key ? 1 : 0 }, shape: rows.shape)
    }
    let highScore = Edit(cells(.attentionScores, head, query)) { rows in
      Tensor((0..<rows.width).map { $0 == key ? 1e4 : -1e4 }, shape: rows.shape)
    }
    let keyHeads = try #require(architecture.dimensions(of: .valueOutput)?.heads)
    let clip = (architecture as? Transformer)?.design.attention.clip ?? .infinity
    for edit in [oneHot, highScore] {
      var request = Request([input], edits: [edit])
      request.captures = [
        cells(.attentionValueOutput, head, query),
        cells(.valueOutput, head * keyHeads / heads, key),
        cells(.attentionValueOutput, 0, query), cells(.attentionWeight, nil, query),
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
