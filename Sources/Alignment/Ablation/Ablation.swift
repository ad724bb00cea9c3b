import InterchangeBasics
import InterchangeModels

/// An ablation of one part at a time: what becomes of the answer that the model gives by itself.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let data = try TaskData(IndirectObjectIdentification(), count: 64, for: model)
/// let heads = (0..<9).map { ModelPart(.attentionValueOutput, head: $0) }
/// let ablation = Ablation(of: heads, layers: Array(20..<24), by: try .init(parsing: "mean"))
/// let result = try ablation.run(model.network, on: data.train.examples)
/// print(result.change(layer: 3, part: 0) ?? .nan)  // of the logit difference
/// ```
public struct Ablation: Sendable {
  /// The parts of each layer.
  public var parts: [ModelPart]
  /// The layers.
  public var layers: [Int]
  /// The positions at which a part is ablated, all by default.
  public var positions: Positions
  /// The change at these positions.
  public var intervention: ChosenIntervention
  /// The seed of what the intervention draws.
  public var seed: UInt64

  /// An ablation of parts, one part of one layer at a time.
  public init(
    of parts: [ModelPart], layers: [Int], at positions: Positions = .all,
    by intervention: ChosenIntervention, seed: UInt64 = 0
  ) {
    (self.parts, self.layers, self.positions) = (parts, layers, positions)
    (self.intervention, self.seed) = (intervention, seed)
  }

  /// Runs every base as it is and with each part of each layer ablated.
  ///
  /// - Parameters:
  ///   - examples: bases with the answer that they have by themselves, and the counterfactual
  ///     answer
  ///   - progress: called with the number of runs of a base that are done and their number in all
  /// - Throws: ``AlignmentError`` for no examples or an intervention that these can't have,
  ///   `ModelError` for a part that the model lacks.
  public func run(
    _ model: Model, on examples: [AlignmentExample], store: ActivationStore = ActivationStore(),
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> AblationResult {
    guard !parts.isEmpty else {
      throw AlignmentError.invalidSetting(
        name: "parts", expected: "at least one", found: "none")
    }
    let examples = examples.map(\.judgedByOwnAnswer)
    func cells(
      _ part: ModelPart, _ layers: [Int], _ positions: Positions,
      _ intervention: ChosenIntervention, done: Int
    ) throws -> [AblationCell] {
      let sweep = InterchangeSweep(
        component: part.component, head: part.head, layers: layers, positions: [positions],
        metrics: [LogitDifferenceMetric()], intervention: intervention, seed: seed)
      return try sweep.run(
        model, on: examples, store: store,
        progress: { finished, _ in
          progress(done + finished, examples.count * self.layers.count * parts.count)
        }
      ).ablationCells
    }
    // Nothing of the way to the source is a run as it is.
    let unchanged = try cells(
      parts[0], [layers.last ?? 0], .last, ChosenIntervention(parsing: "lerp:0"), done: 0)
    let columns = try parts.enumerated().map { number, part in
      try cells(
        part, layers, positions, intervention, done: number * examples.count * layers.count)
    }
    return AblationResult(
      intervention: intervention.description, positions: positions.description, parts: parts,
      layers: layers, unchanged: unchanged[0],
      cells: layers.indices.map { row in columns.map { $0[row] } })
  }
}

extension AlignmentExample {
  /// The example with its base's own answer as the right one, and the counterfactual answer as the
  /// other.
  var judgedByOwnAnswer: AlignmentExample {
    var example = self
    (example.label, example.baseLabel) = (baseLabel, label)
    return example
  }
}

extension SweepResult {
  /// The cells of its only position, by layer.
  fileprivate var ablationCells: [AblationCell] {
    zip(cells, measures?.first?.cells ?? []).map { accuracy, difference in
      AblationCell(accuracy: accuracy[0], logitDifference: difference[0])
    }
  }
}
