import Foundation
import InterchangeModels
import InterchangeTensors

/// The growth of a DAS step's time with layer, position, batch, rank and the model's width, beside
/// the cone's prediction.
public struct CostGrowth: Codable, Sendable {
  /// One measured step.
  public struct Point: Codable, Sendable {
    public let value: Int
    /// The median of the timed steps.
    public let seconds: Double
    /// The time of the cone's matrix products alone, forward and back, at the machine's measured
    /// rates.
    public let predicted: Double
    /// Cells of blocks that the step computes.
    public let rows: Int
  }

  /// The points along one axis, all else as in ``Benchmark``.
  public struct Axis: Codable, Sendable {
    public let name: String
    public let points: [Point]

    /// Tells whether the values double from point to point, and are drawn so.
    var doubles: Bool { ["batch", "rank", "width"].contains(name) }
  }

  public let model: String
  public let batch: Int
  public let length: Int
  public let layer: Int
  public let rank: Int
  /// The machine's rate in large products, and the weights that it reads in products with one row.
  public let gflops: Double
  public let gigabytesPerSecond: Double
  public let threads: Int
  public let axes: [Axis]

  /// Measures all axes.
  ///
  /// - Parameter benchmark: the sizes from which one at a time is changed
  /// - Throws: `ModelError` when a size doesn't fit the model.
  public init(
    _ model: LanguageModel, _ benchmark: Benchmark, progress: (String) -> Void = { _ in }
  ) throws {
    // A workload that can't be measured is told before anything is.
    try benchmark.validate(model)
    _ = try benchmark.cost(model.network)
    let rates = Rates()
    let architecture = model.architecture
    self.model = model.name
    (batch, length, layer) = (benchmark.batch, benchmark.length, benchmark.layer)
    (rank, threads) = (benchmark.rank, Parallel.threads)
    (gflops, gigabytesPerSecond) = (rates.operations * 1e-9, rates.bytes * 1e-9)

    func axis(
      _ name: String, _ values: [Int], _ change: (inout Benchmark, Int) -> Model?
    ) throws -> Axis {
      let points = try values.map { value in
        var benchmark = benchmark
        let changed = change(&benchmark, value) ?? model.network
        let result = try benchmark.das(changed)
        let cost = try benchmark.cost(changed)
        progress(String(format: "%@ %d: %.1f ms", name, value, 1e3 * result.medianSeconds))
        return Point(
          value: value, seconds: result.medianSeconds, predicted: rates.step(cost),
          rows: cost.reduce(0) { $0 + $1.rows })
      }
      return Axis(name: name, points: points)
    }
    let (layers, length) = (architecture.layers, benchmark.length)
    axes = [
      try axis("layer", Set((0...6).map { $0 * (layers - 1) / 6 }).sorted()) {
        $0.layer = $1
        return nil
      },
      try axis("position", Set((0...6).map { $0 * (length - 1) / 6 }).sorted()) {
        $0.position = .index($1)
        return nil
      },
      try axis("batch", [1, 2, 4, 8, 16, 32, 64]) {
        $0.batch = $1
        return nil
      },
      try axis("rank", [1, 4, 16, 64, 256].filter { $0 <= architecture.width }) {
        $0.rank = $1
        return nil
      },
      try axis("width", [64, 128, 256, 512, 1024]) {
        ($0.layer, $0.rank) = (3, min($0.rank, $1))
        return Model(Transformer(width: $1, layers: 8, vocabulary: 4096, seed: 0))
      },
    ]
  }
}

/// The rates of this machine in the two kinds of products.
private struct Rates {
  /// Floating-point operations a second with many rows.
  let operations: Double
  /// Bytes of weights a second with one row.
  let bytes: Double

  init() {
    operations = 1e9 * (Benchmark.gemm(steps: 5).gflops ?? 1)
    let weight = Weight(Tensor(repeating: 1, shape: [1 << 16, 1 << 10]))
    let row = Tensor(repeating: 1, shape: [1, 1 << 10])
    var clock = StepClock()
    for _ in 0..<6 {
      _ = row.linear(weight)
      clock.tick()
    }
    bytes = Double(weight.byteCount) / clock.measurement(.gemm, warmup: 1).minimumSeconds
  }

  /// A training step: the products of the cone forward, and once more for the gradient. The
  /// output's weight, the last cost, is read once for both.
  func step(_ costs: [RunCost]) -> Double {
    costs.enumerated().reduce(0) { total, cost in
      let reads = cost.offset == costs.count - 1 ? 1.0 : 2
      return total
        + max(2 * cost.element.operations / operations, reads * cost.element.weightBytes / bytes)
    }
  }
}

extension Benchmark {
  /// The cost of a DAS step's cone, block by block.
  fileprivate func cost(_ model: Model) throws -> [RunCost] {
    let inputs = (0..<batch).map { _ in
      model.architecture.input(Array(repeating: 0, count: length))
    }
    let count = inputs.first.map { model.positionCount(of: $0, .blockOutput, layer: layer) } ?? 0
    let positions = try position.resolved(length: count)
    let edit = Edit(
      Cells(.blockOutput, layer: layer, positions: inputs.map { _ in positions })
    ) { $0 }
    return try model.costs(of: .lastLogits(inputs, edits: [edit]), hasStore: true)
  }
}

extension CostGrowth.Axis {
  /// Reads an axis of a record.
  ///
  /// - Throws: `DecodingError` where a batch, a rank or a width is below 1.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    name = try fields.decode(String.self, forKey: .name)
    points = try fields.decode([CostGrowth.Point].self, forKey: .points)
    if doubles, let point = points.first(where: { $0.value < 1 }) {
      throw DecodingError.dataCorruptedError(
        forKey: .points, in: fields, debugDescription: "a \(name) of \(point.value)")
    }
  }
}
