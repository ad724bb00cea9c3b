import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeCausalModels
import InterchangeModels
import InterchangeTensors

/// DAS on hierarchical equality (arXiv 2303.02536, section 4): a perceptron with three hidden
/// layers of 16 is trained on ((a = b) = (c = d)), and then each high-level variable is sought in
/// each layer.
public struct EqualityExperiment: Codable, Sendable {
  /// One line of the table: a variable sought in a layer.
  public struct Line: Codable, Sendable {
    /// The variable that is changed: `bothEqual`, `leftEqual` or `firstArgument`.
    public let variable: String
    /// The hidden layer, counted from 1 as in the paper.
    public let layer: Int
    /// Dimensions that are swapped in all.
    public let dimensions: Int
    /// The paper's figure, second-hand, where it has one.
    public let published: String?
    public let report: AlignmentReport
  }

  public let settings: Settings
  /// The network's accuracy on new inputs.
  public let networkAccuracy: Accuracy
  public let lines: [Line]

  /// The amounts of work.
  public struct Settings: Codable, Sendable {
    public var trainingInputs = 131_072
    public var training = PerceptronTraining()
    public var pairs = 4_096
    public var testPairs = 1_024
    public var alignment = AlignmentSettings()
    public var seed: UInt64 = 0

    public init() {
      // Weight decay gives networks that keep the two equalities apart in fewer directions.
      training.epochs = 40
      training.weightDecay = 0.1
      alignment.epochs = 24
      alignment.batchSize = 128
      alignment.learningRate = 2e-2
      alignment.patience = 24
    }
  }

  /// The variables and layers of the paper's table, with its figures.
  private static let table: [(HierarchicalEquality.Change, layer: Int, String?)] = [
    (.bothEqual, 1, "1.00"), (.bothEqual, 2, "0.57"), (.bothEqual, 3, "0.50"),
    (.leftEqual, 1, "0.90"), (.firstArgument, 1, "0.50–0.52"),
  ]

  /// Trains the network and fills the table.
  ///
  /// - Parameter progress: called with a line about what is being done
  /// - Throws: `AlignmentError` when a fit diverges.
  public init(
    settings: Settings = Settings(), controls: Set<ControlKind> = Set(ControlKind.allCases),
    progress: (String) -> Void = { _ in }
  ) throws {
    self.settings = settings
    let task = HierarchicalEquality()
    progress("training a perceptron on \(settings.trainingInputs) inputs")
    let network = try Self.network(task, settings)
    let model = Model(network)
    networkAccuracy = try Self.accuracy(of: network, task, settings)
    lines = try Self.table.map { change, layer, published in
      progress("DAS for \(change.rawValue) in hidden layer \(layer)")
      let train = try task.counterfactuals(
        changing: change, count: settings.pairs, seed: settings.seed + 1)
      let test = try task.counterfactuals(
        changing: change, count: settings.testPairs, seed: settings.seed + 2)
      // Eight dimensions in all: four for each of two variables.
      let blocks = change.variables.count == 2 ? [4, 4] : [8]
      let search = DistributedAlignmentSearch(
        site: .blockOutput(layer - 1, .last), blocks: blocks, settings: settings.alignment)
      let alignment = try search.fit(model, on: train.alignmentExamples)
      let report = try alignment.evaluate(on: test.alignmentExamples, controls: controls)
      return Line(
        variable: change.rawValue, layer: layer, dimensions: blocks.reduce(0, +),
        published: published, report: report)
    }
  }

  private static func network(
    _ task: HierarchicalEquality, _ settings: Settings
  ) throws -> Perceptron {
    let (inputs, labels) = try rows(task, count: settings.trainingInputs, seed: settings.seed + 3)
    return try Perceptron(
      inputs: task.inputWidth, width: 16, layers: 3, outputs: 2, seed: settings.seed
    ).trained(on: inputs, labels: labels, settings: settings.training)
  }

  private static func accuracy(
    of network: Perceptron, _ task: HierarchicalEquality, _ settings: Settings
  ) throws -> Accuracy {
    let (inputs, labels) = try rows(task, count: settings.testPairs * 4, seed: settings.seed + 4)
    let correct = zip(network(inputs).rowMaxima(), labels).count { $0 == $1 }
    return Accuracy(correct: correct, n: labels.count)
  }

  private static func rows(
    _ task: HierarchicalEquality, count: Int, seed: UInt64
  ) throws -> (Tensor, [Int]) {
    let inputs = try task.inputs(count: count, seed: seed)
    let labels = inputs.map { HierarchicalEquality.answers.firstIndex(of: $0.answer) ?? 0 }
    return (Tensor(rows: inputs.map(\.values)), labels)
  }
}
