import Foundation
import InterchangeBasics

/// The training of gates: their temperature falls while a penalty closes those that aren't needed.
public struct GateTraining: Codable, Sendable, Equatable {
  /// The gates' own highest rate; it rises and falls as the fit's does.
  public var learningRate = 5e-2
  /// The weight of the mean gate in the loss: the cost of swapping everything, in nats.
  public var penalty = 0.5
  /// The temperature falls geometrically from the first to the last step.
  public var temperatures = [1.0, 0.02]
  /// Steps, unless the budget of the fit is one of steps or epochs: gates end when they are hard,
  /// not on a plateau.
  public var steps = 200

  /// The default settings.
  public init() {}

  func validate() throws {
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check(
      learningRate > 0 && learningRate.isFinite, "gate learning rate", "a number above 0",
      learningRate)
    try check(penalty >= 0 && penalty.isFinite, "gate penalty", "0 or a number above", penalty)
    try check(
      temperatures.count == 2 && temperatures.allSatisfy { $0 > 0 && $0.isFinite },
      "temperatures", "the first and the last, above 0", temperatures)
    try check(steps >= 1, "gate steps", "at least 1", steps)
  }

  /// The temperature of a step.
  func temperature(step: Int, of steps: Int) -> Double {
    let (first, last) = (temperatures[0], temperatures[1])
    guard steps > 1 else { return last }
    return first * pow(last / first, Double(step) / Double(steps - 1))
  }
}
