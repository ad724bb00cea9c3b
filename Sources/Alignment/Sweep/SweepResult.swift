import InterchangeBasics

/// Accuracies over layer × position.
public struct SweepResult: Codable, Sendable {
  /// The component's name.
  public let component: String
  /// The head that was swapped; nil for all.
  public let head: Int?
  /// The layers of the rows.
  public let layers: [Int]
  /// The positions of the columns, by name.
  public let positions: [String]
  /// [layer][position]
  public let cells: [[Accuracy]]

  /// The names of the metrics that were asked for; nil in records from before there were several.
  public let metrics: [String]?
  /// The metrics beside the accuracy; nil where there are none.
  public let measures: [MetricMap]?
  /// The intervention at each place, as a user writes it; nil for the whole vector's interchange.
  public let intervention: String?
  /// The number of adjacent layers that each row changes together; nil for the row's own.
  public let window: Int?

  /// - Parameter cells: accuracies by [layer][position]
  public init(
    component: String, head: Int?, layers: [Int], positions: [String], cells: [[Accuracy]],
    metrics: [String]? = nil, measures: [MetricMap]? = nil, intervention: String? = nil,
    window: Int? = nil
  ) {
    self.window = window.flatMap { $0 > 1 ? $0 : nil }
    (self.component, self.head, self.layers) = (component, head, layers)
    (self.positions, self.cells) = (positions, cells)
    (self.metrics, self.intervention) = (metrics, intervention)
    self.measures = measures.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Reads a sweep whose cells fill its layers and positions.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    component = try values.decode(String.self, forKey: .component)
    head = try values.decodeIfPresent(Int.self, forKey: .head)
    layers = try values.decode([Int].self, forKey: .layers)
    positions = try values.decode([String].self, forKey: .positions)
    cells = try values.decode([[Accuracy]].self, forKey: .cells)
    metrics = try values.decodeIfPresent([String].self, forKey: .metrics)
    measures = try values.decodeIfPresent([MetricMap].self, forKey: .measures)
    intervention = try values.decodeIfPresent(String.self, forKey: .intervention)
    window = try values.decodeIfPresent(Int.self, forKey: .window)
    guard window.map({ $0 > 1 }) ?? true else {
      throw DecodingError.dataCorruptedError(
        forKey: .window, in: values, debugDescription: "expected at least 2 layers")
    }
    let shape = layers.map { _ in positions.count }
    guard !layers.isEmpty, !positions.isEmpty, cells.map(\.count) == shape,
      (measures ?? []).allSatisfy({ $0.cells.map(\.count) == shape })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .cells, in: values,
        debugDescription: "expected \(layers.count) rows of \(positions.count) cells")
    }
  }

  /// Interchange intervention accuracy by [layer][position].
  public var values: [[Double]] { cells.map { $0.map(\.value) } }
}
