import InterchangeAlignment
import InterchangeBasics
import InterchangeCausalModels
import InterchangeModels
import InterchangeTensors
import Testing

/// An unrestricted map "finds" a variable in a network that was never trained, and the controls say
/// so (arXiv 2507.08802): hierarchical equality in the last hidden layer of three random ones.
@Suite(.serialized) struct RandomNetworkTests {
  private static let task = HierarchicalEquality(objectWidth: 1)
  private static let site = Site.blockOutput(2, .last)
  /// Half of the coordinates, as in the paper.
  private static let dimensions = 32

  private static let model = network(1)

  private static func network(_ seed: UInt64) -> Model {
    Model(
      Perceptron(
        inputs: task.inputWidth, width: 2 * dimensions, layers: 3, outputs: 2, seed: seed))
  }

  private static func pairs(_ count: Int, seed: UInt64) throws -> [AlignmentExample] {
    try task.counterfactuals(changing: .leftEqual, count: count, seed: seed).alignmentExamples
  }

  private static var settings: AlignmentSettings {
    var settings = AlignmentSettings()
    (settings.budget, settings.batchSize) = (.steps(1200), 256)
    return settings
  }

  @Test func aReversibleNetworkFindsWhatIsNotThere() throws {
    let (train, test) = (try Self.pairs(65_536, seed: 1), try Self.pairs(1024, seed: 2))
    var settings = Self.settings
    settings.learningRate = 5e-3
    let report = try FeaturizerSearch.reversible(
      site: Self.site, dimensions: Self.dimensions, bend: 1, settings: settings
    ).fit(Self.model, on: train)
      .evaluate(
        on: test, controls: [.selfSwap, .randomSubspaces, .randomModel],
        randomModel: Self.network(2))
    // Far above chance, which is 0.5, on pairs of other objects.
    #expect(report.test.value > 0.8, "\(report.test.summary)")
    #expect(report.control(.selfSwap)?.largestChange == 0)
    #expect(try #require(report.control(.randomSubspaces)).iia.value < 0.6)
    // Another random network holds it, too, half of it or more: the number is the map's.
    let random = try #require(report.control(.randomModel)).iia
    #expect(2 * (random.value - 0.5) > report.test.value - 0.5, "\(random.summary)")
    let reason = report.verdictReason ?? ""
    #expect(report.verdict == .notAboveRandom, "\(reason)")
    #expect(reason.contains("random model"))
  }

  /// A rotation with the same pairs and steps stays at chance.
  @Test func aRotationDoesNot() throws {
    let report = try DistributedAlignmentSearch(
      site: Self.site, dimensions: Self.dimensions, settings: Self.settings
    ).fit(Self.model, on: try Self.pairs(65_536, seed: 1))
      .evaluate(on: try Self.pairs(1024, seed: 2), controls: [])
    // 0.05 are three deviations of 1024 draws.
    #expect(abs(report.test.value - 0.5) < 0.05, "\(report.test.summary)")
  }
}
