import Foundation
import InterchangeBasics
import InterchangeCircuits
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Head detectors, copying and composition scores against plain loops.
@Suite struct HeadTests {
  static let models = ["llama3-scaled", "gpt2", "gpt-neox", "gemma2", "gemma3", "opt", "mistral"]

  private func model(_ name: String) throws -> LanguageModel {
    let place = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: place) }
    return try ArchitectureFixtures.languageModel(name, in: place)
  }

  /// Over a text the scores are the attention to the places that a plain loop finds.
  @Test(arguments: models) func attentionScoresEqualAPlainLoop(name: String) throws {
    let model = try model(name)
    let text = "abcxabcab"
    let found = try model.headDetection(on: text)
    let ids = model.encode(text).ids
    let count = found.heads.count / model.layers
    for layer in 0..<model.layers {
      let weights = try model.network.attentionWeights([.tokens(ids)], layer: layer)[0]
      let flat = weights.reshaped([count * ids.count, ids.count])
      for head in 0..<count {
        var (previous, duplicate, induction) = ([Double](), [Double](), [Double]())
        for query in ids.indices {
          func attention(_ key: Int) -> Double { Double(flat[head * ids.count + query, key]) }
          if query > 0 { previous.append(attention(query - 1)) }
          let copies = (0..<query).filter { ids[$0] == ids[query] }
          if !copies.isEmpty { duplicate.append(copies.reduce(0) { $0 + attention($1) }) }
          let after = copies.map { $0 + 1 }.filter { $0 < query }
          if !after.isEmpty { induction.append(after.reduce(0) { $0 + attention($1) }) }
        }
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        let own = found.heads[layer * count + head]
        #expect(own.name == "\(layer).\(head)")
        #expect(abs(own.previous - mean(previous)) < 1e-6)
        #expect(abs(own.duplicate - mean(duplicate)) < 1e-6)
        #expect(abs(own.induction - mean(induction)) < 1e-6)
      }
    }
    // a, b, c, a and b come again, after 4, 5, 6, 7 and 8 tokens; the second time two copies count.
    let shares: [Double] = [1.0 / 5, 1.0 / 6, 1.0 / 7, 2.0 / 8, 2.0 / 9]
    let uniform: Double = shares.reduce(0, +) / 5
    #expect(abs(found.uniform.duplicate - uniform) < 1e-9)
  }

  /// Random tokens are repeated, the same with the same seed; a text without repetition is refused.
  @Test func randomTokensAreRepeated() throws {
    let model = try model("llama3-scaled")
    var settings = HeadDetectionSettings()
    (settings.sequences, settings.tokens, settings.seed) = (2, 5, 3)
    let first = try model.headDetection(settings)
    #expect(first == (try model.headDetection(settings)))
    #expect(first.sequences == 2 && first.length == 10)
    // Uniform attention from the second copy, whose tokens see 6 to 10.
    let uniform: Double = (6...10).reduce(0.0) { $0 + 1 / Double($1) } / 5
    #expect(abs(first.uniform.duplicate - uniform) < 1e-9)
    settings.seed = 4
    #expect(first != (try model.headDetection(settings)))
    #expect(throws: CircuitError.self) { try model.headDetection(on: "abc") }
    settings.tokens = 40
    #expect(throws: CircuitError.self) { try model.headDetection(settings) }
  }

  private func doubles(_ tensor: Tensor) -> [[Double]] {
    (0..<tensor.rows).map { row in (0..<tensor.width).map { Double(tensor[row, $0]) } }
  }

  private func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
    a.map { row in
      b[0].indices.map { column in row.indices.reduce(0) { $0 + row[$1] * b[$1][column] } }
    }
  }

  private func transposed(_ a: [[Double]]) -> [[Double]] {
    a[0].indices.map { column in a.map { $0[column] } }
  }

  private func norm(_ a: [[Double]]) -> Double {
    a.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// QK = W_Qᵀ W_K and OV = W_O W_V of a head, as large as the stream.
  private func circuits(_ matrices: HeadMatrices, _ head: Int) -> (qk: [[Double]], ov: [[Double]]) {
    let width = matrices.headWidth
    let key = head / (matrices.heads / matrices.keyHeads)
    func rows(_ tensor: Tensor, _ head: Int) -> [[Double]] {
      Array(doubles(tensor)[head * width..<(head + 1) * width])
    }
    let output = doubles(matrices.output).map { Array($0[head * width..<(head + 1) * width]) }
    return (
      product(transposed(rows(matrices.query, head)), rows(matrices.key, key)),
      product(output, rows(matrices.value, key))
    )
  }

  /// Composition scores are norms of the products of whole matrices.
  @Test(arguments: models) func compositionEqualsWholeMatrices(name: String) throws {
    let model = try model(name)
    let stream = try #require(model.architecture as? any AdditiveStream)
    var settings = HeadDetectionSettings()
    (settings.sequences, settings.tokens, settings.pairs) = (1, 4, 1000)
    let found = try #require(try model.headDetection(settings).composition)
    let matrices = (0..<model.layers).map(stream.headMatrices)
    let heads = matrices[0].heads
    #expect(found.pairs.count == 3 * heads * heads * model.layers * (model.layers - 1) / 2)
    for pair in found.pairs where pair.from[1] == 1 && pair.to[1] != 2 {
      let (_, ov) = circuits(matrices[pair.from[0]], pair.from[1])
      let (qk, own) = circuits(matrices[pair.to[0]], pair.to[1])
      let reader: [[Double]]
      switch pair.kind {
      case .query: reader = transposed(qk)
      case .key: reader = qk
      case .value: reader = own
      }
      let expected = norm(product(reader, ov)) / (norm(reader) * norm(ov))
      #expect(abs(pair.score - expected) < 1e-5)
    }
    for map in found.maps {
      let own = found.pairs.filter { $0.kind == map.kind }
      #expect(abs(map.mean - own.reduce(0) { $0 + $1.score } / Double(own.count)) < 1e-9)
      #expect(map.largest[1][0] == own.filter { $0.to[0] == 1 && $0.from[0] == 0 }.first?.score)
      #expect(map.largest[0][0] == nil)
      // Random heads are near what a rotation leaves.
      #expect(abs(map.randomMean / found.rotated - 1) < 0.35)
    }
  }

  /// The copying score is that of the whole matrix from tokens to logits.
  @Test(arguments: models) func copyingEqualsTheWholeMatrix(name: String) throws {
    let model = try model(name)
    let stream = try #require(model.architecture as? any AdditiveStream)
    var settings = HeadDetectionSettings()
    (settings.sequences, settings.tokens, settings.composition) = (1, 4, false)
    let found = try model.headDetection(settings)
    #expect(found.composition == nil)
    let (embedding, unembedding) = stream.vocabularyRows(Array(0..<model.architecture.outputs))
    for head in found.heads where head.layer == 1 {
      let (_, ov) = circuits(stream.headMatrices(of: 1), head.head)
      let whole = product(product(doubles(unembedding), ov), transposed(doubles(embedding)))
      let eigenvalues = try Tensor(rows: whole.map { $0.map(Float.init) }).eigenvalues()
      let size = eigenvalues.reduce(0) {
        $0 + ($1.real * $1.real + $1.imaginary * $1.imaginary).squareRoot()
      }
      let score = eigenvalues.reduce(0) { $0 + $1.real } / size
      // The zero eigenvalues of the large matrix come out as roundings of it.
      #expect(abs((head.copying ?? .nan) - score) < 1e-3)
      #expect(abs(score) <= 1)
    }
  }

  /// The matrices are those by which the run reads and writes: values from the stream over its
  /// norm's scale, the attention's addition from the mixed values.
  @Test(arguments: ["llama3-scaled", "mistral"]) func matricesAreTheRuns(name: String) throws {
    let model = try ArchitectureFixtures.model(name)
    let stream = try #require(model.architecture as? any AdditiveStream)
    let matrices = stream.headMatrices(of: 1)
    var request = Request([.tokens([3, 9, 14])])
    request.captures = [.blockInput, .valueOutput, .attentionValueOutput, .attentionOutput].map {
      Cells($0, layer: 1, positions: [[2]])
    }
    let rows = try model.run(request).captures.map { $0.elements.map(Double.init) }
    let scale = (rows[0].reduce(0) { $0 + $1 * $1 } / Double(rows[0].count) + 1e-6).squareRoot()
    for (index, row) in doubles(matrices.value).enumerated() {
      let value = zip(row, rows[0]).reduce(0) { $0 + $1.0 * $1.1 } / scale
      #expect(abs(value - rows[1][index]) < 1e-5)
    }
    for (index, row) in doubles(matrices.output).enumerated() {
      let sum = zip(row, rows[2]).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(sum - rows[3][index]) < 1e-5)
    }
  }

  /// A model without a sum for a stream has its attention scores, and says why there are no others.
  @Test func aPostNormModelHasAttentionScoresAlone() throws {
    var settings = HeadDetectionSettings()
    (settings.sequences, settings.tokens) = (1, 4)
    let found = try model("opt-post-norm").headDetection(settings)
    #expect(found.heads.allSatisfy { $0.copying == nil } && found.composition == nil)
    #expect(try #require(found.withoutWeights).contains("normed after every addition"))
    #expect(found.heads.contains { $0.previous > 0 })
  }
}
