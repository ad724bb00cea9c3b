import InterchangeModels
import InterchangeTensors

/// An intervention's outputs side by side: the base's own, the source's own where there is one, and
/// those of the patched base.
public struct InterchangeComparison: Codable, Sendable {
  /// One output in the runs.
  public struct Output: Codable, Sendable {
    /// The number of the output.
    public let id: Int
    /// The token's text, or the label.
    public let token: String
    /// Its logit and probability in the base's own run.
    public let base: Value
    /// The same in the source's own run; nil without a source.
    public let source: Value?
    /// The same in the patched base.
    public let patched: Value

    /// The patched logit minus the base's.
    public var logitChange: Double { Double(patched.logit) - Double(base.logit) }

    /// The patched probability minus the base's; nil where outputs are numbers.
    public var probabilityChange: Double? {
      guard let base = base.probability, let patched = patched.probability else { return nil }
      return Double(patched) - Double(base)
    }
  }

  /// An output's value in one run.
  public struct Value: Codable, Sendable, Equatable {
    /// The logit.
    public let logit: Float
    /// The probability; nil where outputs are numbers.
    public let probability: Float?
  }

  /// The logit of the source's answer minus that of the base's answer in each run.
  public struct Difference: Codable, Sendable, Equatable {
    /// In the base's own run: not above 0.
    public let base: Double
    /// In the source's own run: not below 0.
    public let source: Double
    /// In the patched base.
    public let patched: Double

    /// (patched − base) / (source − base): 0 as in the base, 1 as in the source.
    public var share: Double { (patched - base) / (source - base) }
  }

  /// The likeliest outputs of the base, the likeliest first.
  public let base: [Prediction]
  /// Those of the source; empty without one.
  public let source: [Prediction]
  /// Those of the patched base.
  public let patched: [Prediction]
  /// Every output that is among the likeliest of one of the runs, by its patched logit.
  public let outputs: [Output]
  /// The difference of the two answers; nil where base and source have the same, or without a
  /// source.
  public let logitDifference: Difference?

  /// - Parameters:
  ///   - count: how many outputs of each
  ///   - base: logits, [1, outputs]; likewise the others
  ///   - source: nil without a source
  init(
    _ count: Int, base: Tensor, source: Tensor?, patched: Tensor, model: LanguageModel
  ) {
    struct Run {
      let logits: Tensor
      let top: [Prediction]
      let probabilities: [Float]?

      func value(_ id: Int) -> Value {
        Value(logit: logits[0, id], probability: probabilities?[id])
      }
    }
    func run(_ logits: Tensor) -> Run {
      Run(
        logits: logits, top: model.top(count, of: logits),
        probabilities: model.architecture.shape.outputKind.probabilities(logits))
    }
    let (own, patch, other) = (run(base), run(patched), source.map(run))
    (self.base, self.source, self.patched) = (own.top, other?.top ?? [], patch.top)
    let ids = Set((own.top + patch.top + (other?.top ?? [])).map(\.id))
    outputs = ids.sorted { (patched[0, $0], $1) > (patched[0, $1], $0) }.map { id in
      Output(
        id: id, token: model.outputName(id), base: own.value(id), source: other?.value(id),
        patched: patch.value(id))
    }
    guard let source, let first = own.top.first?.id, let second = other?.top.first?.id,
      first != second
    else {
      logitDifference = nil
      return
    }
    func difference(_ logits: Tensor) -> Double {
      Double(logits[0, second]) - Double(logits[0, first])
    }
    logitDifference = Difference(
      base: difference(base), source: difference(source), patched: difference(patched))
  }
}

extension LanguageModel {
  /// The outputs of a patched text beside those of its own run, and of a source's.
  ///
  /// - Throws: `ModelError` when a run fails.
  func compared(
    _ patched: Tensor, base: EncodedText, source: EncodedText?, top count: Int
  ) throws -> InterchangeComparison {
    func logits(_ text: EncodedText) throws -> Tensor {
      try run(measuring([text.input])).logits!
    }
    return InterchangeComparison(
      max(1, count), base: try logits(base), source: try source.map(logits), patched: patched,
      model: self)
  }
}

extension TextInterchange {
  /// The outputs beside those of base and source without the swap, which are run for it.
  ///
  /// - Parameter count: how many of the likeliest outputs of each, at least 1
  /// - Throws: `ModelError` when a run fails.
  public func compared(top count: Int = 5) throws -> InterchangeComparison {
    try model.compared(logits, base: base, source: source, top: count)
  }
}
