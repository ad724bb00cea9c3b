import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors

/// The training of a sparse autoencoder on hidden vectors: each is to be a sum of few directions
/// (Bricken et al. 2023, "Towards Monosemanticity"; Gao et al. 2024, arXiv 2406.04093).
///
/// Vectors are centered at their geometric median c and measured in their mean length s√width. The
/// features are f = σ(E x + b), what they say x̂ = Dᵀ f + c′, and the loss of a row
/// ‖x − x̂‖² ∕ v, with v the rows' variance; with ReLU it has λ Σ f ∕ √v besides. Directions have
/// length 1 after each step, and E starts as D. Features that are active in no row for a tenth of
/// the steps are started anew, at the errors of rows that are told badly.
///
/// Rows that are farther from the geometric median of all than ``farthest`` times the median of
/// such distances are left out, of the training and of the judging, and counted: some positions of
/// a language model, such as those that attention goes to by default, have vectors dozens of times
/// as long as others, and a few of them rule the variance. The autoencoder reads and edits such rows
/// like others; its error is kept.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let rows = try model.hiddenRows(
///   at: .blockOutput(20), of: ["The keys to the cabinet are on the table."])
/// let training = SparseAutoencoderTraining(features: 64, active: 8, steps: 300)
/// let (autoencoder, fit) = try training.fit(rows)
/// print(autoencoder.featureCount, fit.trainingExplained, fit.activePerRow)
/// ```
public struct SparseAutoencoderTraining: Sendable, Equatable {
  /// The means by which few features are active.
  public enum Sparsity: Sendable, Equatable {
    /// The k largest of a vector are kept.
    case topK(Int)
    /// ReLU, with this weight λ of the features' sum in the loss.
    case penalty(Double)
  }

  /// The distance from the geometric median, in medians of all distances, beyond which a row is
  /// left out.
  public static let farthest = 10.0

  /// The number of features.
  public var features: Int
  public var sparsity: Sparsity
  /// Steps of the optimizer.
  public var steps: Int
  /// The highest rate; it rises over a twentieth of the steps and falls linearly to 0.
  public var rate: Double
  /// Rows in a step.
  public var batchSize = 512
  /// The seed of the start, of the rows' order and of features that are started anew.
  public var seed: UInt64

  /// A training with the k largest features of each vector.
  ///
  /// - Parameter active: k
  public init(
    features: Int, active: Int, steps: Int = 2000, rate: Double = 1e-3, seed: UInt64 = 0
  ) {
    (self.features, self.sparsity) = (features, .topK(active))
    (self.steps, self.rate, self.seed) = (steps, rate, seed)
  }

  /// A training with ReLU, whose features' sum costs something.
  ///
  /// - Parameter penalty: λ; the larger, the fewer are active, and the smaller they are
  public init(
    features: Int, penalty: Double, steps: Int = 2000, rate: Double = 1e-3, seed: UInt64 = 0
  ) {
    (self.features, self.sparsity) = (features, .penalty(penalty))
    (self.steps, self.rate, self.seed) = (steps, rate, seed)
  }

  /// Checks the settings, before rows are gathered.
  ///
  /// - Throws: ``AlignmentError/invalidSetting(name:expected:found:)`` naming the first that can't
  ///   work.
  public func validate() throws {
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check(features >= 1, "features", "at least 1", features)
    switch sparsity {
    case .topK(let count):
      try check((1...features).contains(count), "active features", "1 to \(features)", count)
    case .penalty(let weight):
      try check(weight >= 0 && weight.isFinite, "penalty", "0 or more", weight)
    }
    try check(steps >= 1, "steps", "at least 1", steps)
    try check(batchSize >= 1, "batch size", "at least 1", batchSize)
    try check(rate > 0 && rate.isFinite, "learning rate", "a number above 0", rate)
  }

  /// Trains an autoencoder.
  ///
  /// - Parameters:
  ///   - rows: [rows, width], at least two that differ
  ///   - heldOut: rows of other texts, [rows, width], which only judge it; nil for none. The
  ///     distance beyond which they are left out is that of the training's rows.
  ///   - progress: called after every step
  /// - Throws: ``AlignmentError`` naming a setting or a row that doesn't fit, or the step at which
  ///   the loss was no number.
  public func fit(
    _ rows: Tensor, heldOut: Tensor? = nil, progress: (FitProgress) -> Void = { _ in }
  ) throws -> (SparseAutoencoder, SparseAutoencoderFit) {
    try validate()
    try check(rows, "rows", width: rows.width)
    if let heldOut { try check(heldOut, "held-out rows", width: rows.width) }
    let bound = DistanceBound(rows)
    let all = (rows: rows.rows, heldOut: heldOut?.rows ?? 0)
    let (rows, heldOut) = (bound.within(rows), heldOut.map(bound.within))
    if let heldOut {
      try SettingCheck(error: AlignmentError.invalidSetting)(
        heldOut.rows >= 2, "held-out rows that aren't far from the others", "at least 2",
        heldOut.rows)
    }
    let measure = try VectorMeasure(rows)
    let centered = measure.normalized(rows)
    var state = AutoencoderState(self, width: rows.width, variance: measure.variance)
    var generator = RandomGenerator(seed: seed ^ 0x5AE)
    var batches = ShuffledBatches(
      Array(0..<rows.rows), of: min(batchSize, rows.rows), generator.split())
    let schedule = LearningRateSchedule(
      peak: rate, warmupSteps: steps / 20, totalSteps: steps)
    let interval = max(1, steps / 10)
    var (losses, revived) = ([Double](), 0)
    for step in 0..<steps {
      let loss = try state.step(
        on: centered.gatherRows(batches.next()), rate: schedule.rate(at: step), step: step)
      losses.append(loss)
      progress(batches.progress(step: step + 1, of: steps, loss: loss))
      // Not in the last third, in which what is started anew couldn't learn any more.
      if (step + 1) % interval == 0 {
        if 3 * (step + 1) <= 2 * steps {
          revived += state.revive(on: centered, using: &generator)
        }
        state.forgetActivity()
      }
    }
    let autoencoder = try state.autoencoder(of: measure)
    let fit = try SparseAutoencoderFit(
      of: autoencoder, self, rows, heldOut, outlying: all.rows - rows.rows,
      outlyingHeldOut: all.heldOut - (heldOut?.rows ?? 0), losses: losses, revived: revived)
    return (autoencoder, fit)
  }

  private func check(_ rows: Tensor, _ name: String, width: Int) throws {
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check(
      rows.shape.count == 2 && rows.width == width && width > 0, name, "[rows, \(width)]",
      "\(rows.shape)")
    try check(rows.rows >= 2, name, "at least 2", rows.rows)
    if let place = rows.elements.firstIndex(where: { !$0.isFinite }) {
      try check(
        false, name, "numbers", "none in row \(place / width), coordinate \(place % width)")
    }
  }
}
