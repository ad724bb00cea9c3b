import InterchangeBasics
import InterchangeModels

/// The answers of a model with one part of one layer ablated.
public struct AblationCell: Codable, Sendable, Equatable {
  /// The share of bases that still get their own answer.
  public let accuracy: Accuracy
  /// The logit of the own answer minus that of the counterfactual one, the mean over the pairs.
  public let logitDifference: MetricValue
}

/// An ablation's outcomes over layer × part.
public struct AblationResult: Codable, Sendable {
  /// The intervention, as a user writes it.
  public let intervention: String
  /// The positions at which it was done.
  public let positions: String
  /// The parts of the columns.
  public let parts: [ModelPart]
  /// The layers of the rows.
  public let layers: [Int]
  /// The model as it is.
  public let unchanged: AblationCell
  /// [layer][part]
  public let cells: [[AblationCell]]

  /// - Parameter cells: by [layer][part]
  init(
    intervention: String, positions: String, parts: [ModelPart], layers: [Int],
    unchanged: AblationCell, cells: [[AblationCell]]
  ) {
    (self.intervention, self.positions) = (intervention, positions)
    (self.parts, self.layers) = (parts, layers)
    (self.unchanged, self.cells) = (unchanged, cells)
  }

  /// Reads outcomes that fill their layers and parts.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    intervention = try values.decode(String.self, forKey: .intervention)
    positions = try values.decode(String.self, forKey: .positions)
    parts = try values.decode([ModelPart].self, forKey: .parts)
    layers = try values.decode([Int].self, forKey: .layers)
    unchanged = try values.decode(AblationCell.self, forKey: .unchanged)
    cells = try values.decode([[AblationCell]].self, forKey: .cells)
    guard !parts.isEmpty, !layers.isEmpty, cells.map(\.count) == layers.map({ _ in parts.count })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .cells, in: values,
        debugDescription: "expected \(layers.count) rows of \(parts.count) cells")
    }
  }

  /// The change of the logit difference by ablating a part; nil where it is no number.
  ///
  /// - Parameters:
  ///   - layer: its place in ``layers``
  ///   - part: its place in ``parts``
  public func change(layer: Int, part: Int) -> Double? {
    guard let changed = cells[layer][part].logitDifference.value,
      let own = unchanged.logitDifference.value
    else { return nil }
    return changed - own
  }
}
