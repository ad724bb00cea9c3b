import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors

/// A fit's state while it runs.
public struct FitProgress: Sendable {
  /// The part of a search of several fits; empty for a single fit.
  public var part = ""
  /// The epoch, from 0.
  public let epoch: Int
  /// Epochs in all, at most.
  public let epochs: Int
  /// Steps taken.
  public let step: Int
  /// Steps in all, at most.
  public let steps: Int
  /// The loss of the step.
  public let loss: Double
}

/// The training of one rotation on some of a site's examples.
struct RotationTraining {
  let settings: AlignmentSettings
  let blocks: [Range<Int>]
  let data: SiteExamples
  let run: InterchangeRun
  /// The examples that may be trained on or watched.
  let indices: [Int]

  /// Trains a rotation in place, and leaves the best one there.
  func callAsFunction(
    _ rotation: Rotation, progress: (FitProgress) -> Void
  ) throws -> (losses: [Double], history: FitHistory) {
    try SwapTraining(
      settings: settings, run: run, indices: indices, rate: settings.rate(width: rotation.width)
    )(RotatedSwap(rotation: rotation, blocks: blocks, data: data), progress: progress)
  }
}

/// A distributed interchange whose rotation is trained.
private struct RotatedSwap: TrainedSwap {
  let rotation: Rotation
  let blocks: [Range<Int>]
  let data: SiteExamples

  var groups: [TrainedGroup] {
    [TrainedGroup(rotation.trainedParameters, orthonormal: rotation.trainedParameters)]
  }

  func parts(of indices: [Int]) -> [PlacedSwap] {
    [PlacedSwap(data, DistributedInterchange(rotation, blocks: blocks))]
  }

  func judgedParts(of indices: [Int]) -> [PlacedSwap] {
    [PlacedSwap(data, DistributedInterchange(rotation.frozen, blocks: blocks))]
  }
}

/// Batches of one shuffled pass after the other; the last of a pass may be smaller.
struct ShuffledBatches {
  private let indices: [Int]
  private let size: Int
  private var generator: RandomGenerator
  private var rest: [[Int]] = []

  init(_ indices: [Int], of size: Int, _ generator: RandomGenerator) {
    (self.indices, self.size, self.generator) = (indices, size, generator)
  }

  mutating func next() -> [Int] {
    if rest.isEmpty { rest = indices.shuffled(using: &generator).chunked(size).reversed() }
    return rest.removeLast()
  }

  func progress(step: Int, of steps: Int, loss: Double) -> FitProgress {
    let inPass = max(1, (indices.count + size - 1) / size)
    return FitProgress(
      epoch: (step - 1) / inPass, epochs: (steps + inPass - 1) / inPass, step: step, steps: steps,
      loss: loss)
  }
}
