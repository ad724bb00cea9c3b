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
  ///   - heldOut: rows of other texts, [rows, width], which only judge it; nil for none
  ///   - progress: called after every step
  /// - Throws: ``AlignmentError`` naming a setting or a row that doesn't fit, or the step at which
  ///   the loss was no number.
  public func fit(
    _ rows: Tensor, heldOut: Tensor? = nil, progress: (FitProgress) -> Void = { _ in }
  ) throws -> (SparseAutoencoder, SparseAutoencoderFit) {
    try validate()
    try check(rows, "rows", width: rows.width)
    if let heldOut { try check(heldOut, "held-out rows", width: rows.width) }
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
      of: autoencoder, self, rows, heldOut, losses: losses, revived: revived)
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

/// The measure in which vectors are told by an autoencoder in training.
struct VectorMeasure {
  /// c, the geometric median: [width]
  let center: Tensor
  /// s: the mean length from the center, by √width.
  let scale: Float
  /// v: the mean of the squared lengths of what ``normalized(_:)`` gives, about their mean.
  let variance: Double

  /// - Throws: ``AlignmentError/invalidSetting(name:expected:found:)`` when all rows are the same.
  init(_ rows: Tensor) throws {
    center = Self.median(of: rows)
    let moved = rows.addingToRows(-1 * center)
    let lengths = moved.rowLengths
    let mean = lengths.reduce(0, +) / Double(rows.rows)
    guard mean > 0 else {
      throw AlignmentError.invalidSetting(
        name: "rows", expected: "vectors that differ", found: "the same vector everywhere")
    }
    scale = Float(mean / Double(rows.width).squareRoot())
    let squares = lengths.reduce(0) { $0 + $1 * $1 } / Double(rows.rows)
    let shift = (1 / Float(rows.rows)) * moved.columnSums()
    variance = (squares - Tensor.dot(shift, shift)) / (Double(scale) * Double(scale))
  }

  /// (h − c) ∕ s: [rows, width].
  func normalized(_ rows: Tensor) -> Tensor { (1 / scale) * rows.addingToRows(-1 * center) }

  /// The point with the least sum of distances, by some of Weiszfeld's steps from the mean.
  private static func median(of rows: Tensor) -> Tensor {
    var center = (1 / Float(rows.rows)) * rows.columnSums()
    for _ in 0..<10 {
      let distances = rows.addingToRows(-1 * center).rowLengths
      // A row at the center would have all the weight.
      let least = max(1e-6 * distances.reduce(0, +) / Double(rows.rows), .leastNormalMagnitude)
      let weights = distances.map { 1 / max($0, least) }
      let total = weights.reduce(0, +)
      let row = Tensor(weights.map { Float($0 / total) }, shape: [1, rows.rows])
      center = row.matrixProduct(rows).reshaped([rows.width])
    }
    return center
  }
}

extension Tensor {
  /// The Euclidean length of each row.
  var rowLengths: [Double] {
    let width = width
    return withElements { values in
      (0..<rows).map { row in
        values[row * width..<(row + 1) * width].reduce(0.0) { $0 + Double($1) * Double($1) }
          .squareRoot()
      }
    }
  }
}
