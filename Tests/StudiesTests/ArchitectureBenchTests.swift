import Foundation
import Interchange
import InterchangeTestSupport
import Testing

/// The workloads of `bench` and attention patterns on every architecture.
@Suite struct ArchitectureBenchTests {
  @Test(arguments: ArchitectureFixtures.readable)
  func everyWorkload(name: String) throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel(name, in: place.url)
    var benchmark = Benchmark()
    (benchmark.batch, benchmark.length, benchmark.layer) = (2, 12, 1)
    (benchmark.rank, benchmark.steps, benchmark.epochs) = (2, 1, 1)
    // The product of large matrices is no model's.
    for work in Benchmark.Work.allCases where work != .gemm {
      // A classifier has no next tokens, and an encoder writes none.
      let isPossible =
        switch work {
        case .generate: ArchitectureFixtures.decoders.contains(name)
        case .loreft, .lora: model.architecture.labels == nil
        default: true
        }
      guard isPossible else {
        #expect(throws: ModelError.self) { try benchmark.run(work, model) }
        continue
      }
      let result = try benchmark.run(work, model)
      #expect(result.seconds.count == 1 && result.seconds[0] > 0, "\(name), \(work)")
    }
  }

  @Test(arguments: ArchitectureFixtures.readable)
  func attentionPatterns(name: String) throws {
    let place = try TemporaryFolder()
    let model = try ArchitectureFixtures.languageModel(name, in: place.url)
    let layers = Array(0..<model.layers)
    let patterns = try model.attentionPatterns(of: "the key", layers: layers)
    let heads = try #require(model.architecture.dimensions(of: .attentionValueOutput)?.heads)
    #expect(patterns.heads.count == layers.count * heads)
    #expect(patterns.heads.map(\.layer) == layers.flatMap { Array(repeating: $0, count: heads) })
    #expect(patterns.isCausal == model.architecture.isCausal)
    for head in patterns.heads {
      #expect(head.weights.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-5 }, "\(name) \(head.name)")
    }
    let file = place.url.appending(component: "attention.png")
    try HeatmapGrid(patterns).write(to: file)
    #expect(FileManager.default.fileExists(atPath: file.path))
  }
}
