import Foundation
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct SteeringVectorTests {
  let base: LanguageModel

  init() throws { base = try TinyModels.gguf() }

  /// Texts of different lengths.
  private static let pairs: [(positive: [Int], negative: [Int])] = [
    ([5, 6, 7], [5, 6, 8]), ([9, 10, 11, 12, 7], [9, 8]), ([20, 7], [21, 22, 8]),
    ([7], [30, 31, 8]),
    ([40, 41, 42, 7], [43, 44, 45, 8]),
  ]

  /// The last row of a text that is run alone.
  private func lastRow(_ ids: [Int], _ component: Component, _ layer: Int) throws -> [Double] {
    let cells = Cells(component, layer: layer, positions: [Array(ids.indices)])
    let rows = try base.run(Request([.tokens(ids)], captures: [cells])).captures[0]
    return (0..<rows.width).map { Double(rows[ids.count - 1, $0]) }
  }

  /// Positive minus negative for each pair.
  private func differences(
    _ pairs: [(positive: [Int], negative: [Int])], _ component: Component, _ layer: Int
  ) throws -> [[Double]] {
    try pairs.map { pair in
      zip(
        try lastRow(pair.positive, component, layer), try lastRow(pair.negative, component, layer)
      )
      .map { $0 - $1 }
    }
  }

  private func mean(_ rows: [[Double]]) -> [Double] {
    rows[0].indices.map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The first right singular vector by power iteration, times the mean along it.
  private func principal(_ rows: [[Double]]) -> [Double] {
    var direction = mean(rows)
    for _ in 0..<2000 {
      var next = [Double](repeating: 0, count: direction.count)
      for row in rows {
        let along = dot(row, direction)
        for column in next.indices { next[column] += along * row[column] }
      }
      let norm = dot(next, next).squareRoot()
      direction = next.map { $0 / norm }
    }
    let along = dot(mean(rows), direction)
    return direction.map { $0 * along }
  }

  @Test(arguments: SteeringVectors.Method.allCases, [Component.blockOutput, .mlpOutput])
  func computedEqualsPlainLoops(method: SteeringVectors.Method, component: Component) throws {
    let (vectors, summaries) = try SteeringVectors.compute(
      from: Self.pairs, model: base, component: component, layers: [2, 0], method: method,
      batchSize: 2)
    #expect(vectors.layers == [0, 2] && vectors.component == component)
    #expect(vectors.architecture == "llama" && vectors.width == 16)
    #expect(summaries.map(\.layer) == [2, 0])
    for summary in summaries {
      let rows = try differences(Self.pairs, component, summary.layer)
      let expected = method == .differenceOfMeans ? mean(rows) : principal(rows)
      let found = try #require(vectors.vectors[summary.layer]).elements
      let norms = try Self.pairs.flatMap { [$0.positive, $0.negative] }.map {
        let row = try lastRow($0, component, summary.layer)
        return dot(row, row).squareRoot()
      }
      // The rows come from runs of a batch, those of the loops from runs of one text.
      let rounding = Rounding.spread(Rounding.tinyRun, of: norms.max() ?? 0)
      for (value, wanted) in zip(found, expected) {
        #expect(abs(Double(value) - wanted) < rounding)
      }
      #expect(abs(summary.norm - dot(expected, expected).squareRoot()) < rounding)
      let share = summary.norm / (norms.reduce(0, +) / Double(norms.count))
      #expect(abs(summary.relativeNorm - share) < 1e-5)
      let ordered = rows.indices.count { held in
        let others = rows.indices.filter { $0 != held }.map { rows[$0] }
        return dot(method == .differenceOfMeans ? mean(others) : principal(others), rows[held]) > 0
      }
      #expect(summary.orderedPairs == ordered)
    }
  }

  @Test func theBatchDoesNotMatterAndAPairHasNoOthers() throws {
    var done: [Int] = []
    let all = try SteeringVectors.compute(
      from: Self.pairs, model: base, layers: [1], batchSize: 2, progress: { done.append($0) })
    #expect(done == [2, 4, 5])
    let one = try SteeringVectors.compute(from: Self.pairs, model: base, layers: [1])
    // Products of more rows may be summed in another order.
    let (found, expected) = (all.vectors.vectors[1]!.elements, one.vectors.vectors[1]!.elements)
    #expect(largestDifference(found, expected) < rounding(ofRun: expected))
    let single = try SteeringVectors.compute(from: [Self.pairs[0]], model: base, layers: [1])
    #expect(single.summaries[0].orderedPairs == nil)
  }

  /// One run reads all layers and stops at the highest.
  @Test func nothingAboveTheHighestLayerIsComputed() throws {
    let request = SteeringVectors.captures(
      of: [[1, 2, 3], [4, 5]], by: base.network, component: .blockOutput, layers: [0, 1])
    let plan = RowPlan(
      lengths: [3, 2], layers: 3, edits: [], captures: request.captures, measured: request.logits,
      start: [0, 0], hasBase: false, isCausal: true, keys: nil)
    #expect(plan.runs == [true, true, false])
    #expect(plan.last == 2 && plan.outputs[2].isEmpty && plan.stages[3].isEmpty)
  }

  @Test func adapterAddsTheVectorAtEveryPosition() throws {
    let vectors = try SteeringVectors.compute(from: Self.pairs, model: base, layers: [1]).vectors
    let adapter = try vectors.makeAdapter(for: base, coefficient: -1.5)
    let adapted = try AdaptedModel(base, adapters: [adapter])
    let tokens = [5, 9, 30, 2]
    let cells = Cells(.blockOutput, layer: 1, positions: [[0, 1, 2, 3]])
    let plain = try base.run(Request([.tokens(tokens)], captures: [cells])).captures[0]
    // The prompt is two tokens long; the others are a continuation.
    let edits = try adapted.edits([tokens], promptLengths: [2])
    let steered = try base.run(Request([.tokens(tokens)], edits: edits, captures: [cells]))
      .captures[0]
    let vector = try #require(vectors.vectors[1]).elements
    for row in 0..<4 {
      for column in 0..<16 {
        #expect(abs(steered[row, column] - (plain[row, column] - 1.5 * vector[column])) < 1e-5)
      }
    }
    #expect(adapter.parameterCount == 0)
    #expect(try vectors.makeAdapter(for: base, coefficient: nil).parameterCount == 1)
    #expect(
      line { _ = try vectors.makeAdapter(for: base, layers: .layers([0]), coefficient: 1) }
        == "steering: expected a vector for layer 0, found those of layers [1]")
    let narrow = SteeringVectors([1: Tensor([1, 2, 3])])
    #expect(throws: InterventionError.self) { try narrow.makeAdapter(for: base, coefficient: 1) }
  }

  @Test func whatCannotBeComputedIsRefused() throws {
    func refusal(
      _ pairs: [(positive: [Int], negative: [Int])], layers: [Int] = [1],
      method: SteeringVectors.Method = .differenceOfMeans
    ) -> String? {
      line {
        _ = try SteeringVectors.compute(from: pairs, model: base, layers: layers, method: method)
      }
    }
    #expect(refusal([]) == "no training examples")
    #expect(refusal(Self.pairs, layers: []) == "layers: expected at least one, found none")
    #expect(
      refusal(Self.pairs, layers: [3]) == "layer 3 is out of range: the model has layers 0 to 2")
    #expect(refusal([([1], [2]), ([1], [])]) == "example 1: the negative text has no tokens")
    let maximum = base.architecture.maximumLength
    #expect(
      refusal([(Array(repeating: 1, count: maximum + 1), [2])])
        == "example 0: \(maximum + 1) tokens, the model reads at most \(maximum)")
    for method in SteeringVectors.Method.allCases {
      #expect(
        refusal([([1, 2], [1, 2]), ([3], [3])], method: method)
          == "pairs: expected texts that differ at the last token of layer 1, found none that do")
    }
  }

  @Test func pairsAreRead() throws {
    let folder = try TemporaryFolder()
    func pairs(_ text: String) throws -> [ContrastPair] {
      try ContrastPair.read(folder.file(Data(text.utf8)))
    }
    let found = try pairs(
      "\u{FEFF}{\"positive\": \"a\", \"negative\": \"b\"}\r\n\n {\"negative\":\"\",\"positive\":\"東\",\"x\":[1]}"
    )
    #expect(
      found == [
        ContrastPair(positive: "a", negative: "b"), ContrastPair(positive: "東", negative: ""),
      ])
    func refusal(_ text: String) -> String? {
      line { _ = try pairs(text) }.map { String($0.drop { $0 != ":" }.dropFirst(2)) }
    }
    let good = "{\"positive\": \"a\", \"negative\": \"b\"}\n"
    let long = String(repeating: "x", count: 600)
    let model = try TinyModels.gguf()
    let tooLong = try pairs(good + "{\"positive\": \"\(long)\", \"negative\": \"b\"}")
    #expect(line { try tooLong[0].requireReadable(by: model) } == nil)
    #expect(
      line { try tooLong[1].requireReadable(by: model) }?.hasSuffix(
        "line 2: the positive text has 600 tokens, the model reads 1 to 512") == true)
    #expect(refusal("") == "no pairs in the file")
    #expect(refusal(good + "\n{\"positive\": \"a\"}") == "line 3: no field 'negative'")
    #expect(refusal(good + "[1]") == "line 2: expected an object, found an array of 1")
    #expect(
      refusal("{\"positive\": 3, \"negative\": \"b\"}")
        == "line 1: field 'positive': expected a text, found 3")
    #expect(refusal(good + "{\"positive\"")?.hasPrefix("line 2: expected ") == true)
    #expect(refusal("{\"positive\": \"a\", \"negative\": null}") == "line 1: no field 'negative'")
    #expect(
      line { _ = try ContrastPair.read("/none/pairs.jsonl") }
        == "/none/pairs.jsonl: no readable UTF-8 file")
  }

  /// The committed example has as many sides as it has lines, none twice.
  @Test func theExampleIsRead() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(components: "Examples", "Steering", "sentiment.jsonl")
    let pairs = try ContrastPair.read(path.path)
    #expect(pairs.count == 16)
    #expect(Set(pairs.flatMap { [$0.positive, $0.negative] }).count == 32)
  }
}
