import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors

/// A sparse autoencoder while it is trained, on vectors in a ``VectorMeasure``.
struct AutoencoderState {
  private let training: SparseAutoencoderTraining
  private let activation: SparseActivation
  /// v
  private let variance: Double
  /// E: [features, width]
  private let encoder: Parameter
  /// b: [features]
  private let encoderBias: Parameter
  /// D, a direction of length 1 in each row: [features, width]
  private let decoder: Parameter
  /// c′: [width]
  private let center: Parameter
  private let optimizer: AdamW
  /// Tells of each feature whether it was active since activity was forgotten.
  private var isActive: [Bool]

  private var parameters: [Parameter] { [encoder, encoderBias, decoder, center] }

  init(_ training: SparseAutoencoderTraining, width: Int, variance: Double) {
    (self.training, self.variance) = (training, variance)
    activation =
      switch training.sparsity {
      case .topK(let count): .topK(count)
      case .penalty: .relu
      }
    var generator = RandomGenerator(seed: training.seed)
    let directions = Tensor.normal([training.features, width], using: &generator).rowsOfLengthOne
    encoder = Parameter("encoder", directions)
    decoder = Parameter("decoder", directions)
    encoderBias = Parameter("encoder bias", .zeros([training.features]))
    center = Parameter("center", .zeros([width]))
    optimizer = AdamW([encoder, encoderBias, decoder, center])
    isActive = Array(repeating: false, count: training.features)
  }

  /// The features of vectors, and what these say: [rows, features], [rows, width].
  private func told(_ rows: Tensor) -> (features: Tensor, rebuilt: Tensor) {
    let center = center.tensor
    let features = activation(
      rows.addingToRows(-1 * center).linear(encoder.tensor, bias: encoderBias.tensor))
    return (features, features.matrixProduct(decoder.tensor).addingToRows(center))
  }

  /// Takes a step, and gives the loss before it.
  ///
  /// - Parameter rows: [rows, width]
  /// - Throws: ``AlignmentError/diverged(step:)``
  mutating func step(on rows: Tensor, rate: Double, step: Int) throws -> Double {
    let (features, rebuilt) = told(rows)
    let error = rows - rebuilt
    let scale = 1 / (Double(rows.rows) * variance)
    var loss = Float(scale) * (error * error).sum()
    if case .penalty(let weight) = training.sparsity, weight > 0 {
      // Features aren't negative: their sum is the 1-norm.
      loss = loss + Float(weight * scale * variance.squareRoot()) * features.sum()
    }
    guard loss.scalar.isFinite else { throw AlignmentError.diverged(step: step) }
    loss.backward()
    try optimizer.step(learningRate: rate)
    decoder.value = decoder.value.rowsOfLengthOne
    note(features)
    return Double(loss.scalar)
  }

  private mutating func note(_ features: Tensor) {
    let width = features.width
    features.withElements { values in
      for place in values.indices where values[place] > 0 { isActive[place % width] = true }
    }
  }

  mutating func forgetActivity() {
    isActive = Array(repeating: false, count: isActive.count)
  }

  /// Starts features that weren't active anew: at the errors of rows, drawn by their squares, and
  /// gives their number.
  mutating func revive(on rows: Tensor, using generator: inout RandomGenerator) -> Int {
    let dead = isActive.indices.filter { !isActive[$0] }
    guard !dead.isEmpty else { return 0 }
    // Enough rows to draw from, whatever the number of rows.
    let count = min(rows.rows, max(4096, 4 * dead.count))
    let chosen = (0..<count).map {
      count == rows.rows ? $0 : Int.random(in: 0..<rows.rows, using: &generator)
    }
    let sample = rows.gatherRows(chosen)
    let errors = sample - told(sample).rebuilt.detached
    let drawn = Self.draw(dead.count, by: errors.rowLengths, using: &generator)
    guard drawn.count == dead.count else { return 0 }
    let directions = errors.gatherRows(drawn).rowsOfLengthOne
    let alive = isActive.indices.filter { isActive[$0] }
    let lengths = encoder.value.rowLengths
    let mean =
      alive.isEmpty ? 1 : alive.reduce(0) { $0 + lengths[$1] } / Double(alive.count)
    // As long as others where the largest are kept; shorter where all are, which costs something.
    let length = training.sparsity.isTopK ? mean : 0.2 * mean
    decoder.value = decoder.value.detached.replacingRows(dead, with: directions)
    encoder.value = encoder.value.detached.replacingRows(dead, with: Float(length) * directions)
    encoderBias.value.setRows(dead, to: 0)
    for index in optimizer.moments.indices.dropLast() {
      optimizer.moments[index].first.setRows(dead, to: 0)
      optimizer.moments[index].second.setRows(dead, to: 0)
    }
    return dead.count
  }

  /// Indices drawn in proportion to the squares of numbers; none when all are 0.
  private static func draw(
    _ count: Int, by lengths: [Double], using generator: inout RandomGenerator
  ) -> [Int] {
    var (sums, total) = ([Double](), 0.0)
    for length in lengths {
      total += length * length
      sums.append(total)
    }
    guard total > 0 else { return [] }
    return (0..<count).map { _ in
      let limit = total * generator.uniform()
      var (low, high) = (0, sums.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if sums[middle] > limit { high = middle } else { low = middle + 1 }
      }
      return low
    }
  }

  /// The autoencoder of vectors as they are: with x = (h − c) ∕ s, features in the measure of h.
  func autoencoder(of measure: VectorMeasure) throws -> SparseAutoencoder {
    let bias = measure.center + measure.scale * center.value
    return try SparseAutoencoder(
      encoder: encoder.value, encoderBias: measure.scale * encoderBias.value,
      decoder: decoder.value, decoderBias: bias, inputBias: bias, activation: activation)
  }
}

extension SparseAutoencoderTraining.Sparsity {
  fileprivate var isTopK: Bool { if case .topK = self { true } else { false } }
}

extension Tensor {
  /// Each row by its length; a row of zeros stays one.
  fileprivate var rowsOfLengthOne: Tensor {
    let (lengths, width) = (rowLengths, width)
    var result = detached
    result.mutateElements { values in
      for row in 0..<lengths.count where lengths[row] > 0 {
        let factor = Float(1 / lengths[row])
        for place in row * width..<(row + 1) * width { values[place] *= factor }
      }
    }
    return result
  }

  /// Sets all elements of some rows, or of a vector's elements.
  fileprivate mutating func setRows(_ indices: [Int], to value: Float) {
    let width = width
    mutateElements { values in
      for row in indices {
        for place in row * width..<(row + 1) * width { values[place] = value }
      }
    }
  }
}
