import InterchangeModels

/// The outcome of causal tracing.
public struct CausalTrace: Codable, Sendable {
  /// The answer's probability with states restored, over layer × column.
  public struct Map: Codable, Sendable {
    /// The component that is restored.
    public let component: Component
    /// The number of layers that are restored together.
    public let window: Int
    /// [layer][column]; without a value where no prompt has the column
    public let cells: [[MetricValue]]
  }

  /// The number of prompts.
  public let prompts: Int
  /// The number of draws of noise for each.
  public let draws: Int
  /// The noise's standard deviation, in the units of the token vectors.
  public let deviation: Double
  /// The layers of the rows.
  public let layers: [Int]
  /// The parts of prompts that columns stand for; empty for the positions of a single prompt.
  public let columns: [String]
  /// The answer's probability after the prompt as it is; the interval is over prompts.
  public let clean: MetricValue
  /// The answer's probability after the corrupted prompt: of a single prompt over draws, of several
  /// over prompts.
  public let corrupted: MetricValue
  /// The residual stream, then windows of attention outputs and of MLP outputs.
  public let maps: [Map]

  init(
    prompts: Int, draws: Int, deviation: Double, layers: [Int], columns: [String],
    clean: MetricValue, corrupted: MetricValue, maps: [Map]
  ) {
    (self.prompts, self.draws, self.deviation) = (prompts, draws, deviation)
    (self.layers, self.columns) = (layers, columns)
    (self.clean, self.corrupted, self.maps) = (clean, corrupted, maps)
  }

  /// Reads maps that fill their layers and columns.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    prompts = try values.decode(Int.self, forKey: .prompts)
    draws = try values.decode(Int.self, forKey: .draws)
    deviation = try values.decode(Double.self, forKey: .deviation)
    layers = try values.decode([Int].self, forKey: .layers)
    columns = try values.decode([String].self, forKey: .columns)
    clean = try values.decode(MetricValue.self, forKey: .clean)
    corrupted = try values.decode(MetricValue.self, forKey: .corrupted)
    maps = try values.decode([Map].self, forKey: .maps)
    let widths = Set(
      maps.flatMap { $0.cells.map(\.count) } + (columns.isEmpty ? [] : [columns.count]))
    guard !layers.isEmpty, !maps.isEmpty, widths.count == 1, widths.first != 0,
      maps.allSatisfy({ $0.cells.count == layers.count })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .maps, in: values,
        debugDescription: "expected maps of \(layers.count) rows of one width")
    }
  }

  /// The number of columns.
  public var width: Int { maps[0].cells[0].count }
}
