import Foundation
import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// Something trained beside a frozen base model: a set of interventions, of low-rank updates, of
/// soft tokens. The training loop, evaluation, files and the command line know it by this protocol
/// alone.
public protocol Adapter: AnyObject {
  /// The method's name, such as `loreft`.
  var method: String { get }
  /// The tensors that training changes.
  var parameters: [Parameter] { get }
  /// Those of ``parameters`` that stay orthonormal frames.
  var orthonormalParameters: [Parameter] { get }

  /// Checks that it fits a model.
  ///
  /// - Throws: `ModelError` or `InterventionError` naming the site and the widths.
  func validate(for model: Model) throws

  /// The number of soft tokens that it puts before every sequence.
  var virtualTokens: Int { get }
  /// The number of soft tokens that it puts before the target of an encoder-decoder;
  /// ``virtualTokens`` are those before its source.
  var virtualTargets: Int { get }
  /// The number of adapters in it that are trained side by side and vote, of which each sequence
  /// has one.
  var members: Int { get }

  /// The number of trained numbers, as they are counted in reports.
  var parameterCount: Int { get }

  /// Called before each step of a training.
  func prepare(step: Int, of steps: Int)
  /// True when what is trained by now can be kept as the best: what is still to be pruned can't.
  var isComplete: Bool { get }
  /// A term that training adds to the loss of the data, as a scalar; nil for nothing.
  var penalty: Tensor? { get }
  /// True where it keeps something of the training's examples beside its parameters: they are run
  /// with ``AdapterContext/observes``, then ``settle(isStart:)`` is called.
  var observesExamples: Bool { get }
  /// Called after a pass over the training's examples: before the first step, before each
  /// measurement, and at the end.
  ///
  /// - Parameter isStart: true before the first step
  /// - Throws: ``FineTuningError`` when nothing was found.
  func settle(isStart: Bool) throws

  /// Adds what the adapter does to a run.
  ///
  /// - Parameter request: sequences of virtual tokens, a prompt, and what follows it
  /// - Throws: `ModelError` for a prompt that is too short, ``FineTuningError`` for an overlap.
  func contribute(to request: inout Request, _ context: AdapterContext) throws

  /// The name of this kind of adapter in files.
  static var kind: String { get }
  /// The adapter's record in files beside its tensors: JSON.
  func configuration() throws -> Data
  /// Every tensor that the adapter is made of, trained or not, by its name in files.
  var tensors: [(name: String, tensor: Tensor)] { get }

  /// An adapter from its file.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` or `CheckpointError`.
  init(configuration: Data, tensors: AdapterTensors, base: LanguageModel) throws
}

/// A run, as an adapter is told of it.
public struct AdapterContext {
  /// The model that runs.
  public let model: Model
  /// The number of tokens of each sequence that are the prompt's, virtual ones not counted.
  public let promptLengths: [Int]
  /// The virtual tokens before every sequence, those of all adapters.
  public let virtualTokens: Int
  /// The virtual tokens before every target of an encoder-decoder, those of all adapters.
  public let virtualTargets: Int
  /// This adapter's among the virtual tokens.
  public let ownTokens: Range<Int>
  /// This adapter's among those before targets.
  public let ownTargets: Range<Int>
  /// For each sequence the member of an ensemble that it is for.
  public let members: [Int]
  /// Random numbers of a training step; nil outside training.
  public let noise: TrainingNoise?
  /// True in a pass over the training's examples before ``Adapter/settle(isStart:)``.
  public let observes: Bool
}

extension Adapter {
  public var virtualTokens: Int { 0 }
  public var virtualTargets: Int { 0 }
  public var members: Int { 1 }
  public func prepare(step: Int, of steps: Int) {}
  public var isComplete: Bool { true }
  public var penalty: Tensor? { nil }
  public var observesExamples: Bool { false }
  public func settle(isStart: Bool) throws {}
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.value.count } }
}

/// The random numbers of one training step, and its size; the numbers follow from the run's seed
/// and the step alone, so that a resumed run draws what an uninterrupted one would.
public final class TrainingNoise {
  var generator: RandomGenerator
  /// NEFTune's α.
  private let embeddingNoise: Double?
  /// The number of sequences of the step, which may be run part by part.
  let sequences: Int

  init(seed: UInt64, step: Int, sequences: Int, embeddingNoise: Double? = nil) {
    (self.embeddingNoise, self.sequences) = (embeddingNoise, sequences)
    var seeds = RandomGenerator(seed: seed ^ 0x6E6F_6973_6500_0000)
    generator = RandomGenerator(seed: seeds.next() &+ UInt64(step) &* 0x9E37_79B9_7F4A_7C15)
  }

  /// Random numbers of an edit's own, the same each time that it is made.
  func forEdit() -> RandomGenerator { RandomGenerator(seed: generator.next()) }

  /// Adds NEFTune's noise to the embeddings of a run's sequences, those of both stacks of an
  /// encoder-decoder.
  func disturb(_ request: inout Request, _ model: Model) {
    guard let embeddingNoise, embeddingNoise > 0 else { return }
    let width = model.architecture.width
    for layer in model.architecture.firstLayers {
      let positions = request.inputs.map {
        Array(0..<model.positionCount(of: $0, .blockInput, layer: layer))
      }
      let noise = Tensor.concatenatingRows(
        positions.filter { !$0.isEmpty }.map { list in
          let bound = embeddingNoise / Double(list.count * width).squareRoot()
          return .uniform([list.count, width], in: -bound..<bound, using: &generator)
        })
      request.edits.append(
        Edit(Cells(.blockInput, layer: layer, positions: positions)) { $0 + noise })
    }
  }
}

extension Tensor {
  /// With a share of the elements 0 and the others scaled so that the mean stays.
  func droppingOut(_ rate: Double, using generator: inout RandomGenerator) -> Tensor {
    guard rate > 0 else { return self }
    let kept = Float(1 / (1 - rate))
    let mask = (0..<count).map { _ in generator.uniform() < rate ? 0 : kept }
    return self * Tensor(mask, shape: shape)
  }
}
