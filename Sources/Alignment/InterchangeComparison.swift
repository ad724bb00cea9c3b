import InterchangeModels
import InterchangeTensors

/// An interchange's outputs side by side: the base's own, the source's own, and those of the base
/// with the source's vector.
public struct InterchangeComparison: Codable, Sendable {
  /// One output in the three runs.
  public struct Output: Codable, Sendable {
    /// The number of the output.
    public let id: Int
    /// The token's text, or the label.
    public let token: String
    /// Its logit and probability in the base's own run.
    public let base: Value
    /// The same in the source's own run.
    public let source: Value
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
  /// Those of the source.
  public let source: [Prediction]
  /// Those of the patched base.
  public let patched: [Prediction]
  /// Every output that is among the likeliest of one of the three, by its patched logit.
  public let outputs: [Output]
  /// The difference of the two answers; nil where base and source have the same.
  public let logitDifference: Difference?

  /// - Parameters:
  ///   - count: how many outputs of each
  ///   - base: logits, [1, outputs]; likewise the others
  init(
    _ count: Int, base: Tensor, source: Tensor, patched: Tensor, model: LanguageModel
  ) {
    let rows = [base, source, patched]
    let tops = rows.map { model.top(count, of: $0) }
    (self.base, self.source, self.patched) = (tops[0], tops[1], tops[2])
    let probabilities = rows.map { model.architecture.shape.outputKind.probabilities($0) }
    func value(_ run: Int, _ id: Int) -> Value {
      Value(logit: rows[run][0, id], probability: probabilities[run]?[id])
    }
    outputs = Set(tops.joined().map(\.id)).sorted { (patched[0, $0], $1) > (patched[0, $1], $0) }
      .map { id in
        Output(
          id: id, token: model.outputName(id), base: value(0, id), source: value(1, id),
          patched: value(2, id))
      }
    guard let own = tops[0].first?.id, let other = tops[1].first?.id, own != other else {
      logitDifference = nil
      return
    }
    let differences = rows.map { Double($0[0, other]) - Double($0[0, own]) }
    logitDifference = Difference(
      base: differences[0], source: differences[1], patched: differences[2])
  }
}

extension TextInterchange {
  /// The outputs beside those of base and source without the swap, which are run for it.
  ///
  /// - Parameter count: how many of the likeliest outputs of each, at least 1
  /// - Throws: `ModelError` when a run fails.
  public func compared(top count: Int = 5) throws -> InterchangeComparison {
    func logits(_ text: EncodedText) throws -> Tensor {
      try model.run(model.measuring([text.input])).logits!
    }
    return InterchangeComparison(
      max(1, count), base: try logits(base), source: try logits(source), patched: self.logits,
      model: model)
  }
}
