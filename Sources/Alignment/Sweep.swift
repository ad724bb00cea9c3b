import Interventions
import Models
import Tensors

/// Full-vector interchange at every layer and position: where a variable's effect passes through.
public struct InterchangeSweep: Sendable {
  public var component: Component
  public var head: Int?
  public var layers: [Int]
  public var positions: [Positions]
  public var batchSize: Int

  public init(
    component: Component = .blockOutput, head: Int? = nil, layers: some Sequence<Int>,
    positions: [Positions], batchSize: Int = 32
  ) {
    (self.component, self.head, self.layers) = (component, head, Array(layers))
    (self.positions, self.batchSize) = (positions, batchSize)
  }

  /// Runs the sweep: one base run and one source run an example, then only what each swap can change.
  ///
  /// - Returns: accuracies by [layer][position], in the order of ``layers`` and ``positions``
  /// - Throws: ``AlignmentError`` or ``ModelError`` when a layer or position doesn't exist.
  public func run(
    _ model: Model, on examples: [AlignmentExample], store: ActivationStore? = nil,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> SweepResult {
    for (name, count) in [
      ("layers", layers.count), ("positions", positions.count), ("batch size", batchSize),
    ] where count < 1 {
      throw AlignmentError.invalidSetting(name: name, expected: "at least 1", found: "\(count)")
    }
    let store = store ?? ActivationStore(keeping: 0...model.architecture.layers)
    let run = InterchangeRun(model: model, store: store, batchSize: batchSize)
    var cells: [[Accuracy]] = []
    for layer in layers {
      var line: [Accuracy] = []
      for position in positions {
        let site = Site(component, layer: layer, head: head, position)
        let data = try SiteExamples(examples, at: site, of: model, store: store)
        line.append(Accuracy(try run.outcomes(data, Interchange())))
        progress(cells.count * positions.count + line.count, layers.count * positions.count)
      }
      cells.append(line)
    }
    return SweepResult(
      component: component.rawValue, head: head, layers: layers,
      positions: positions.map(\.description), cells: cells)
  }
}

/// Accuracies over layer × position.
public struct SweepResult: Codable, Sendable {
  public let component: String
  public let head: Int?
  public let layers: [Int]
  public let positions: [String]
  /// [layer][position]
  public let cells: [[Accuracy]]

  /// - Parameter cells: accuracies by [layer][position]
  public init(
    component: String, head: Int?, layers: [Int], positions: [String], cells: [[Accuracy]]
  ) {
    (self.component, self.head, self.layers) = (component, head, layers)
    (self.positions, self.cells) = (positions, cells)
  }

  /// Reads a sweep whose cells fill its layers and positions.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    component = try values.decode(String.self, forKey: .component)
    head = try values.decodeIfPresent(Int.self, forKey: .head)
    layers = try values.decode([Int].self, forKey: .layers)
    positions = try values.decode([String].self, forKey: .positions)
    cells = try values.decode([[Accuracy]].self, forKey: .cells)
    let columns = positions.count
    guard !layers.isEmpty, columns > 0, cells.count == layers.count,
      cells.allSatisfy({ $0.count == columns })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .cells, in: values,
        debugDescription: "expected \(layers.count) rows of \(columns) cells")
    }
  }

  /// Interchange intervention accuracy by [layer][position].
  public var values: [[Double]] { cells.map { $0.map(\.value) } }
}
