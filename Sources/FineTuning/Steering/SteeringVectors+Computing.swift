import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension SteeringVectors {
  /// The facts about one layer's vector.
  public struct Summary: Codable, Sendable {
    public let layer: Int
    /// ‖v‖.
    public let norm: Double
    /// ‖v‖ over the mean norm of the hidden vectors that it was found in.
    public let relativeNorm: Double
    /// The number of pairs that the vector found in the other pairs orders rightly, the positive
    /// text farther along it. Each pair is judged by a vector that it had no part in. Nil for a
    /// single pair.
    public let orderedPairs: Int?
  }

  /// Vectors found in contrast pairs, with what is known of each.
  ///
  /// The hidden vectors are those of each text's last token. A batch is one run that computes all
  /// layers' vectors and nothing above the highest.
  ///
  /// - Parameters:
  ///   - pairs: the tokens of the texts
  ///   - layers: from 0, each once
  ///   - batchSize: how many pairs are run together; the result doesn't depend on it
  ///   - progress: called with the number of pairs that are done
  /// - Throws: ``FineTuningError`` when there are no pairs or layers, a text has no tokens or too
  ///   many, or the texts don't differ at a layer; `ModelError` for a layer or component that the
  ///   model lacks.
  public static func compute(
    from pairs: [(positive: [Int], negative: [Int])], model: LanguageModel,
    component: Component = .blockOutput, layers: [Int], method: Method = .differenceOfMeans,
    batchSize: Int = 16, progress: (Int) -> Void = { _ in }
  ) throws -> (vectors: SteeringVectors, summaries: [Summary]) {
    require(batchSize > 0, "SteeringVectors.compute: batches of \(batchSize) pairs")
    guard !layers.isEmpty else {
      throw FineTuningError.invalidSetting(name: "layers", expected: "at least one", found: "none")
    }
    try check(pairs, model: model)
    for layer in layers { _ = try model.width(of: Site(component, layer: layer)) }
    var rows = layers.map { _ in (positive: [Tensor](), negative: [Tensor]()) }
    for start in stride(from: 0, to: pairs.count, by: batchSize) {
      let batch = pairs[start..<min(start + batchSize, pairs.count)]
      let texts = batch.map(\.positive) + batch.map(\.negative)
      let run = try model.run(
        captures(of: texts, by: model.network, component: component, layers: layers))
      for (index, captured) in run.captures.enumerated() {
        rows[index].positive.append(captured.rowSlice(0..<batch.count))
        rows[index].negative.append(captured.rowSlice(batch.count..<texts.count))
      }
      progress(start + batch.count)
    }
    var vectors: [Int: Tensor] = [:]
    let summaries = try zip(layers, rows).map { layer, rows in
      let hidden = PairedRows(
        positive: .concatenatingRows(rows.positive), negative: .concatenatingRows(rows.negative))
      let vector = try hidden.direction(method)
      guard vector.norm > 0, vector.norm.isFinite else {
        throw FineTuningError.invalidSetting(
          name: "pairs", expected: "texts that differ at the last token of layer \(layer)",
          found: vector.norm == 0 ? "none that do" : "values that are not finite")
      }
      vectors[layer] = vector
      return Summary(
        layer: layer, norm: vector.norm, relativeNorm: vector.norm / hidden.meanNorm,
        orderedPairs: try hidden.orderedPairs(method))
    }
    let made = SteeringVectors(
      vectors, component: component, architecture: model.architecture.name)
    return (made, summaries)
  }

  private static func check(
    _ pairs: [(positive: [Int], negative: [Int])], model: LanguageModel
  ) throws {
    guard !pairs.isEmpty else { throw FineTuningError.noExamples }
    let maximum = model.architecture.maximumLength
    for (index, pair) in pairs.enumerated() {
      for (part, ids) in [("positive text", pair.positive), ("negative text", pair.negative)] {
        guard !ids.isEmpty else { throw FineTuningError.emptyText(example: index, part: part) }
        guard ids.count <= maximum else {
          throw FineTuningError.tooLong(example: index, tokens: ids.count, maximum: maximum)
        }
      }
    }
  }

  /// The run that reads the last token of each text at all layers; in the decoder of an
  /// encoder-decoder the start token.
  package static func captures(
    of texts: [[Int]], by model: Model, component: Component, layers: [Int]
  ) -> Request {
    let inputs = texts.map { model.architecture.input($0) }
    return Request(
      inputs,
      captures: layers.map { layer in
        Cells(
          component, layer: layer,
          positions: inputs.map {
            [model.positionCount(of: $0, component, layer: layer) - 1]
          })
      })
  }
}

/// The hidden vectors of pairs at one layer, [pairs, width] each.
private struct PairedRows {
  let positive: Tensor
  let negative: Tensor

  var count: Int { positive.rows }

  /// The mean norm of all rows.
  var meanNorm: Double {
    let norms = [positive, negative].flatMap { side in
      (0..<count).map { side.rowSlice($0..<$0 + 1).norm }
    }
    return norms.reduce(0, +) / Double(norms.count)
  }

  func direction(_ method: SteeringVectors.Method) throws -> Tensor {
    switch method {
    case .differenceOfMeans: try Steering.differenceOfMeans(from: negative, to: positive)
    case .principalComponent: try Steering.principalDifference(from: negative, to: positive)
    }
  }

  /// The number of pairs that are ordered rightly by the direction of those of other folds; ten
  /// folds, or as many as there are pairs.
  func orderedPairs(_ method: SteeringVectors.Method) throws -> Int? {
    guard count > 1 else { return nil }
    let folds = min(count, 10)
    var ordered = 0
    for fold in 0..<folds {
      let (others, own) = (
        (0..<count).filter { $0 % folds != fold }, (0..<count).filter { $0 % folds == fold }
      )
      let direction = try gathering(others).direction(method)
      let row = direction.reshaped([1, direction.count])
      let (held, along) = (gathering(own), { (rows: Tensor) in rows.linear(row).elements })
      ordered += zip(along(held.positive), along(held.negative)).count { $0 > $1 }
    }
    return ordered
  }

  private func gathering(_ rows: [Int]) -> PairedRows {
    PairedRows(positive: positive.gatherRows(rows), negative: negative.gatherRows(rows))
  }
}
