import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors

/// The way in which boundless DAS (arXiv 2305.08809) learns which directions are swapped: a full
/// rotation with a sigmoid mask, whose temperature falls while a penalty moves its boundary down.
///
/// The boundary at the end is where the schedule left it: it moves on as long as the training
/// lasts. That is why the number of dimensions is chosen by held-out accuracy
/// (``DistributedAlignmentSearch/selection``), unless the published number is asked for.
public struct LearnedBoundary: Codable, Sendable, Equatable {
  /// The boundary's own rate, constant.
  public var learningRate = 1e-2
  /// The weight of the mean mask in the loss: the cost of a swapped coordinate.
  public var penalty = 1.0
  /// The temperature falls linearly from the first to the last step.
  public var temperatures = [50.0, 0.1]
  /// Steps of the mask's training, unless the budget of the fit is one of steps or epochs.
  public var steps = 100

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
    try check(steps >= 1, "boundary steps", "at least 1", steps)
  }
}

/// The training of a full rotation with a boundary, as published.
struct BoundaryTraining {
  let settings: AlignmentSettings
  let boundary: LearnedBoundary
  let data: SiteExamples
  let run: InterchangeRun
  /// The examples that are trained on; none is watched, as losses at different temperatures don't
  /// compare.
  let indices: [Int]

  /// Trains a full rotation in place.
  ///
  /// - Returns: the loss of each step, and the number of coordinates within the boundary at the end
  func callAsFunction(
    _ rotation: Rotation, progress: (FitProgress) -> Void
  ) throws -> (losses: [Double], dimensions: Int) {
    var generator = RandomGenerator(seed: settings.seed ^ 0xDA5)
    let training = indices.shuffled(using: &generator)
    let intervention = BoundlessInterchange(rotation, temperature: boundary.temperatures[0])
    let optimizer = AdamW(
      rotation.trainedParameters, orthonormal: intervention.orthonormalParameters)
    let boundaryOptimizer = AdamW([intervention.boundary])
    let steps = steps(of: training.count)
    let schedule = LearningRateSchedule(
      peak: settings.rate(width: rotation.width),
      warmupSteps: Int(Double(steps) * settings.warmup), totalSteps: steps)
    var batches = ShuffledBatches(training, of: settings.batchSize, generator)
    var losses: [Double] = []
    for step in 0..<steps {
      intervention.temperature = temperature(step: step, of: steps)
      let loss =
        try run.loss(data, batches.next(), intervention)
        + Float(boundary.penalty) * intervention.mask.mean()
      guard loss.scalar.isFinite else { throw AlignmentError.diverged(step: step) }
      loss.backward()
      try optimizer.step(learningRate: schedule.rate(at: step))
      try boundaryOptimizer.step(learningRate: boundary.learningRate)
      intervention.clampBoundary()
      losses.append(Double(loss.scalar))
      progress(batches.progress(step: losses.count, of: steps, loss: losses[step]))
    }
    return (losses, intervention.dimensions)
  }

  private func steps(of examples: Int) -> Int {
    switch settings.budget {
    case .epochs(let count): count * ((examples + settings.batchSize - 1) / settings.batchSize)
    case .steps(let count): count
    case .converged: boundary.steps
    }
  }

  private func temperature(step: Int, of steps: Int) -> Double {
    let (first, last) = (boundary.temperatures[0], boundary.temperatures[1])
    return first + (last - first) * Double(step) / Double(max(1, steps - 1))
  }
}
