import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors

/// The way in which boundless DAS (arXiv 2305.08809) learns a variable's number of dimensions.
public struct LearnedBoundary: Codable, Sendable, Equatable {
  /// The boundary's own rate, constant.
  public var learningRate = 1e-2
  /// The weight of the mean mask in the loss: the cost of a swapped coordinate.
  public var penalty = 1.0
  /// The temperature falls linearly from the first to the last step.
  public var temperatures = [50.0, 0.1]

  /// The default settings.
  public init() {}

  func validate() throws {
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check(
      learningRate > 0 && learningRate.isFinite, "boundary learning rate", "a number above 0",
      learningRate)
    try check(
      penalty >= 0 && penalty.isFinite, "boundary penalty", "0 or a number above", penalty)
    try check(
      temperatures.count == 2 && temperatures.allSatisfy { $0 > 0 && $0.isFinite },
      "temperatures", "the first and the last, above 0", temperatures)
  }
}

/// The part of a DAS training that moves a boundary.
final class BoundaryTraining {
  let intervention: BoundlessInterchange
  private let settings: LearnedBoundary
  private let optimizer: AdamW

  init(_ rotation: Rotation, _ settings: LearnedBoundary) {
    intervention = BoundlessInterchange(rotation, temperature: settings.temperatures[0])
    self.settings = settings
    optimizer = AdamW([intervention.boundary])
  }

  /// Sets the temperature of a step.
  func begin(step: Int, of steps: Int) {
    let share = Double(step) / Double(max(1, steps - 1))
    let (first, last) = (settings.temperatures[0], settings.temperatures[1])
    intervention.temperature = first + (last - first) * share
  }

  /// The addition to the loss.
  var penalty: Tensor { Float(settings.penalty) * intervention.mask.mean() }

  func step() throws {
    try optimizer.step(learningRate: settings.learningRate)
    intervention.clampBoundary()
  }
}
