import InterchangeAlignment
import InterchangeBasics
import InterchangeCausalModels
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// An unrestricted map "finds" a variable in a network that computes nothing (arXiv 2507.08802).
@Suite struct RandomNetworkTests {
  @Test func aReversibleNetworkFindsWhatIsNotThere() throws {
    let task = HierarchicalEquality()
    let network = Perceptron(
      inputs: task.inputWidth, width: 64, layers: 3, outputs: 2, seed: 1)
    let model = Model(network)
    func pairs(_ count: Int, _ seed: UInt64) throws -> [AlignmentExample] {
      try task.counterfactuals(changing: .leftEqual, count: count, seed: seed).alignmentExamples
    }
    let (train, test) = (try pairs(16_384, 1), try pairs(512, 2))
    let site = Site.blockOutput(2, .last)
    var settings = AlignmentSettings()
    (settings.budget, settings.batchSize) = (.steps(6000), 256)
    settings.learningRate = 2e-3
    let found = try FeaturizerSearch.reversible(
      site: site, dimensions: 32, layers: 4, hidden: 128, settings: settings
    ).fit(model, on: train) { progress in
      if progress.step % 500 == 0 { print(progress.step, progress.loss) }
    }
    let report = try found.evaluate(on: test, controls: [.selfSwap])
    settings.budget = .steps(600)
    settings.learningRate = nil
    let linear = try DistributedAlignmentSearch(site: site, dimensions: 32, settings: settings)
      .fit(model, on: train).evaluate(on: test, controls: [])
    print("reversible", report.test.summary, "DAS", linear.test.summary)
    #expect(report.test.value > 0.8 && report.control(.selfSwap)?.largestChange == 0)
    #expect(linear.test.value < 0.65)
  }
}
