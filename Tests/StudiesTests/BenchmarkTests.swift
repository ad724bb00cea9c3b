import Foundation
import Interchange
import Testing

/// The tiny committed LLaMA: 3 layers, width 16, 61 tokens.
func tinyModel() throws -> LanguageModel {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(components: "Fixtures", "models")
  return try LanguageModel(contentsOf: folder.appending(component: "llama-gqa.gguf"))
}

private func small() -> Benchmark {
  var benchmark = Benchmark()
  (benchmark.batch, benchmark.length, benchmark.layer) = (4, 12, 1)
  (benchmark.rank, benchmark.steps, benchmark.epochs) = (4, 3, 2)
  return benchmark
}

@Suite struct BenchmarkTests {
  /// The names that scripts read.
  @Test func keys() throws {
    let text = """
      {"what": "das", "median_s": 0.25, "min_s": 0.125, "steps": 2, "seconds": [0.125, 0.375],
       "peak_rss_mib": 300.5, "minor_faults_per_step": 7, "gflops": 50, "first_pass_s": 1.5,
       "tokens": 64, "threads": 2, "weights": "stored"}
      """
    let result = try JSONDecoder().decode(BenchmarkResult.self, from: Data(text.utf8))
    #expect(result.what == "das" && result.steps == 2 && result.seconds == [0.125, 0.375])
    #expect(result.medianSeconds == 0.25 && result.minimumSeconds == 0.125)
    #expect(result.peakMemory == 300.5 && result.minorFaultsPerStep == 7)
    #expect(result.gflops == 50 && result.firstPassSeconds == 1.5)
    #expect(result.tokens == 64 && result.threads == 2 && result.weights == "stored")
    func object(_ data: Data) throws -> NSDictionary {
      try #require(try JSONSerialization.jsonObject(with: data) as? NSDictionary)
    }
    #expect(try object(JSONEncoder().encode(result)) == object(Data(text.utf8)))
  }

  @Test(arguments: Benchmark.Work.allCases)
  func everyWorkload(work: Benchmark.Work) throws {
    let result = try small().run(work, tinyModel())
    // A fit and a sweep are timed once; of decodings every tenth step.
    let steps = [.fit, .sweep, .generate].contains(work) ? 1 : 3
    #expect(result.what == work.rawValue)
    #expect(result.steps == steps && result.seconds.count == steps)
    #expect(result.seconds.allSatisfy { $0 > 0 })
    #expect(result.minimumSeconds == result.seconds.min())
    let sorted = result.seconds.sorted()
    #expect(result.medianSeconds == sorted[steps / 2])
    #expect(result.peakMemory > 1 && result.minorFaultsPerStep >= 0)
    #expect(result.threads == Parallel.threads)
    #expect((result.gflops ?? 0 > 0) == [.forward, .gemm].contains(work))
    #expect((result.firstPassSeconds != nil) == [.das, .loreft, .lora].contains(work))
    let tokens: [Benchmark.Work: Int] = [
      .forward: 4 * 12, .loreft: 4 * 12, .lora: 4 * 12, .generate: 64,
    ]
    #expect(result.tokens == tokens[work])
  }

  /// Operations a second times seconds are the operations that the run costs.
  @Test func operationsOfAForwardPass() throws {
    let result = try small().run(.forward, tinyModel())
    let model = try tinyModel().network
    let inputs = (0..<4).map { _ in ModelInput.tokens(Array(repeating: 1, count: 12)) }
    let costs = try model.costs(
      of: Request(inputs, logits: inputs.map { Array(0..<$0.length) }), hasStore: false)
    let operations = costs.reduce(0) { $0 + $1.operations }
    let gflops = try #require(result.gflops)
    #expect(abs(gflops * 1e9 * result.medianSeconds / operations - 1) < 1e-9)
  }

  @Test func sizesThatDoNotFit() throws {
    let model = try tinyModel()
    let wrong: [(Benchmark.Work, (inout Benchmark) -> Void)] = [
      (.forward, { $0.batch = 0 }), (.das, { $0.steps = 0 }), (.forward, { $0.length = 0 }),
      (.forward, { $0.length = 513 }), (.das, { $0.layer = 3 }), (.das, { $0.rank = 17 }),
      (.das, { $0.rank = 0 }), (.fit, { $0.epochs = 0 }), (.fit, { $0.pairs = 0 }),
      (.das, { $0.position = .index(12) }), (.loreft, { $0.rank = 17 }),
      (.das, { $0.activationMemory = 1000 }),
    ]
    for (work, change) in wrong {
      var benchmark = small()
      change(&benchmark)
      #expect(throws: (any Error).self, "\(work)") { try benchmark.run(work, model) }
    }
  }
}

/// The growth of a step's cost: predictions are exact, measurements are there.
@Suite struct CostGrowthTests {
  private static let axes: [(name: String, values: [Int])] = [
    ("layer", [0, 4, 9, 14, 19, 24, 29]), ("position", [0, 10, 21, 31, 42, 52, 63]),
    ("batch", [1, 2, 4, 8, 16, 32, 64]), ("rank", [1, 4, 16, 64, 256]),
    ("width", [64, 128, 256, 512, 1024]),
  ]

  /// A growth as a run would have recorded it, with times of a plausible shape.
  static func recorded() throws -> CostGrowth {
    let axes = axes.map { axis in
      let points = axis.values.enumerated().map { place, value in
        let seconds =
          ["layer", "position"].contains(axis.name)
          ? 0.30 - 0.04 * Double(place) : 0.010 * Double(1 << place)
        return #"{"value": \#(value), "seconds": \#(seconds), "#
          + #""predicted": \#(0.8 * seconds), "rows": \#(16 * value)}"#
      }
      return #"{"name": "\#(axis.name)", "points": [\#(points.joined(separator: ","))]}"#
    }
    let text = """
      {"model": "SmolLM2-135M", "batch": 16, "length": 64, "layer": 15, "rank": 16,
       "gflops": 100.5, "gigabytesPerSecond": 12.25, "threads": 2,
       "axes": [\(axes.joined(separator: ","))]}
      """
    return try JSONDecoder().decode(CostGrowth.self, from: Data(text.utf8))
  }

  private func record() throws -> RunRecord {
    RunRecord(
      command: "growth", arguments: ["MODEL"], model: nil, seed: 0, started: Date(),
      results: RunResults(try Self.recorded()))
  }

  @Test func codingInARecord() throws {
    let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try record().write(to: folder)
    #expect(
      files.map(\.lastPathComponent) == ["run.json"]
        + Self.axes.map { "cost-\($0.name).png" })
    let growth = try #require(try RunRecord(folder: folder).results.growth)
    #expect(growth.axes.map(\.name) == Self.axes.map(\.name))
    #expect(growth.axes.map { $0.points.map(\.value) } == Self.axes.map(\.values))
    #expect(growth.axes[2].points.map(\.seconds) == (0..<7).map { 0.010 * Double(1 << $0) })
    #expect(growth.axes[0].points[1].rows == 64)
    #expect((growth.batch, growth.length, growth.layer, growth.rank) == (16, 64, 15, 16))
    #expect((growth.gflops, growth.gigabytesPerSecond, growth.threads) == (100.5, 12.25, 2))
    #expect(growth.model == "SmolLM2-135M")
  }

  /// A batch of zero has no place on a logarithmic axis; a layer of zero has one.
  @Test(arguments: [("batch", false), ("rank", false), ("width", false), ("layer", true)])
  func valuesOfZero(_ name: String, _ isRead: Bool) {
    let axis =
      #"{"name": "\#(name)", "points": [{"value": 0, "seconds": 1, "predicted": 1, "rows": 1}]}"#
    let read = try? JSONDecoder().decode(CostGrowth.Axis.self, from: Data(axis.utf8))
    #expect((read != nil) == isRead)
  }

  /// Each axis has a figure of its own, in every format.
  @Test(arguments: [FigureFormat.svg, .png])
  func figures(format: FigureFormat) throws {
    let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try record().writeFigures(to: folder, format: format)
    #expect(
      files.map(\.lastPathComponent) == Self.axes.map { "cost-\($0.name).\(format.rawValue)" })
    let contents = try files.map { try Data(contentsOf: $0) }
    #expect(Set(contents).count == 5)
    for data in contents {
      #expect(data.count > 5000)
      let start = String(decoding: data.prefix(100), as: UTF8.self)
      #expect(format == .svg ? start.contains("<svg") || start.contains("<?xml") : data[0] == 0x89)
    }
  }

  /// The content of a figure: milliseconds of both curves at the axis's places.
  @Test(arguments: 0..<5)
  func charts(index: Int) throws {
    let growth = try Self.recorded()
    let axis = growth.axes[index]
    let chart = LineChart(growth, axis)
    #expect(chart.series.map(\.name) == ["measured", "predicted from the cone"])
    #expect(chart.series.map(\.isControl) == [false, true])
    let doubles = ["batch", "rank", "width"].contains(axis.name)
    for (series, value) in zip(chart.series, [\CostGrowth.Point.seconds, \.predicted]) {
      #expect(series.points.map(\.y) == axis.points.map { 1e3 * $0[keyPath: value] })
      #expect(series.points.map(\.x) == axis.points.map { Double($0.value) })
    }
    #expect(chart.horizontalScale == (doubles ? .logarithmic : .linear))
    let range = try #require(chart.valueRange)
    #expect(range.lowerBound == 0)
    #expect(axis.points.allSatisfy { range.contains(1e3 * $0.seconds) })
    #expect(chart.title == "DAS step by \(axis.name)" && chart.yTitle == "milliseconds")
    // The subtitle says what was held still, not what moved.
    let still = ["batch 16", "length 64", "layer 15", "rank 16"].filter {
      !$0.hasPrefix(axis.name)
    }
    let subtitle = chart.subtitle
    if axis.name == "width" {
      #expect(subtitle == "random LLaMA, 8 layers, layer 3, batch 16")
    } else {
      #expect(subtitle == "SmolLM2-135M: " + still.joined(separator: ", "))
    }
  }

  /// A real measurement, tiny: the predicted cost falls with depth and position and rises with the
  /// batch.
  @Test func measured() throws {
    var benchmark = small()
    (benchmark.batch, benchmark.length, benchmark.steps) = (2, 8, 1)
    var told: [String] = []
    let growth = try CostGrowth(tinyModel(), benchmark) { told.append($0) }
    #expect(growth.axes.map(\.name) == Self.axes.map(\.name))
    #expect(
      growth.axes.map { $0.points.map(\.value) } == [
        [0, 1, 2], [0, 1, 2, 3, 4, 5, 7], [1, 2, 4, 8, 16, 32, 64], [1, 4, 16],
        [64, 128, 256, 512, 1024],
      ])
    #expect(told.count == 3 + 7 + 7 + 3 + 5)
    #expect(told[0].hasPrefix("layer 0: ") && told[0].hasSuffix(" ms"))
    #expect(growth.gflops > 0.1 && growth.gigabytesPerSecond > 0.01)
    for axis in growth.axes {
      #expect(axis.points.allSatisfy { $0.seconds > 0 && $0.predicted > 0 }, "\(axis.name)")
    }
    // Cells above the edit: the last position alone at the layers that follow, but all those after
    // an earlier one, of which the last layer computes one.
    #expect(growth.axes[0].points.map(\.rows) == [2 * 2, 2 * 1, 0])
    #expect(growth.axes[1].points.map(\.rows) == Array(repeating: 2, count: 7))
    #expect(growth.axes[2].points.map(\.rows) == [1, 2, 4, 8, 16, 32, 64])
    #expect(growth.axes[3].points.map(\.rows) == [2, 2, 2])
    #expect(growth.axes[4].points.map(\.rows) == Array(repeating: 2 * 4, count: 5))
    let layers = growth.axes[0].points.map(\.predicted)
    #expect(layers[0] > layers[1] && layers[1] > layers[2])
    let widths = growth.axes[4].points.map(\.predicted)
    #expect(zip(widths, widths.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func whatCannotBeMeasuredIsToldFirst() throws {
    let wrong: [(inout Benchmark) -> Void] = [
      { $0.layer = 3 }, { $0.steps = 0 }, { $0.batch = 0 }, { $0.length = 0 },
    ]
    for change in wrong {
      var benchmark = small()
      change(&benchmark)
      let model = try tinyModel()
      #expect(throws: (any Error).self) {
        try CostGrowth(model, benchmark) { Issue.record("\($0)") }
      }
    }
  }
}
