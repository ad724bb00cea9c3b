import InterchangeBasics
import InterchangeTensors

/// Rank-1 representation fine-tuning (ReFT-r1, AxBench, arXiv 2501.17148): a direction v of length 1
/// that detects a concept, by the latent ReLU(h · v), and steers to it.
///
/// While it is trained it is h + m·v, where m is the mean of the k largest latents over the
/// positions of the sequence. Afterwards the sequence isn't all there: it is h + s·a·v, where the
/// ``magnitude`` a is the mean of m over the training's sequences and s the ``strength``. So the
/// strength 1 steers as training did on average; less than its examples with the concept where
/// there are others among them. AxBench multiplies its factors by the ``largestLatent`` instead.
///
/// Training adds a term to the loss that makes the other latents small: the mean over the sequences
/// of a step of the sum of those that are not among the k largest over the number of rows, times a
/// weight that rises from 0 to ``penaltyWeight``.
public final class RankOneSteering: SequenceIntervention, VectorAddition {
  /// v: [1, d]; training makes its length 1 and keeps it.
  public let direction: Parameter
  /// k, how many of the largest latents are averaged; all of a shorter sequence.
  public let latents: Int
  /// λ, the weight of the other latents at the end of a training.
  public let penaltyWeight: Float
  /// s, the factor of the steering; 1 in training.
  public var strength: Float
  /// a, the mean over the training's sequences of the mean of the k largest latents; nil before a
  /// training, when each sequence is steered by its own.
  public private(set) var magnitude: Float?
  /// The largest latent of the training's sequences.
  public private(set) var largestLatent: Float?

  /// The share of the training that is done.
  private var progress: Float = 0
  /// The latents of each sequence that was observed: along v, and along −v.
  private var observed: [(along: Latents, against: Latents)] = []

  private struct Latents {
    let mean: Double
    let largest: Float
  }

  /// - Parameters:
  ///   - direction: [d]
  ///   - latents: at least 1
  ///   - penaltyWeight: 0 or more
  ///   - settled: the ``magnitude`` and the ``largestLatent`` of a trained one
  public init(
    _ direction: Tensor, latents: Int, penaltyWeight: Float = 0, strength: Float = 1,
    settled: (magnitude: Float, largest: Float)? = nil
  ) {
    require(latents >= 1, "RankOneSteering: expected at least one latent, got \(latents)")
    self.direction = Parameter("direction", direction.reshaped([1, direction.count]))
    (self.latents, self.penaltyWeight, self.strength) = (latents, penaltyWeight, strength)
    (magnitude, largestLatent) = (settled?.magnitude, settled?.largest)
  }

  public var name: String { "reft-r1" }
  public var width: Int { direction.value.width }
  public var parameters: [Parameter] { [direction] }
  /// v is a frame of one row.
  public var orthonormalParameters: [Parameter] { [direction] }
  public var isSettled: Bool { magnitude != nil }

  public func prepare(step: Int, of steps: Int) {
    progress = Float(step) / Float(max(1, steps))
  }

  /// s·a·v: [d]
  public var addedVector: Tensor? {
    magnitude.map { (strength * $0 * direction.value).detached.reshaped([width]) }
  }

  public func scale(by factor: Float) { strength *= factor }

  /// ReLU(h · v) of each row: [rows, 1].
  public func latent(of rows: Tensor) -> Tensor {
    rows.linear(direction.tensor).activated(.relu)
  }

  /// s·a·v in every row; before a training the rows are taken for one sequence's.
  public func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    guard let vector = addedVector else { return change(of: base, sequences: [base.rows]) }
    return Tensor.zeros(base.shape).addingToRows(vector)
  }

  /// The rows of sequences, one after the other, each steered by its own latents.
  ///
  /// - Parameters:
  ///   - base: [rows, d]
  ///   - sequences: the number of rows of each
  public func callAsFunction(_ base: Tensor, sequences: [Int]) -> Tensor {
    base + change(of: base, sequences: sequences)
  }

  public func change(of base: Tensor, sequences: [Int], batch: Int? = nil) -> Tensor {
    let latent = latent(of: base)
    let penalty = penaltyWeight * progress / Float(batch ?? sequences.count)
    var penalties: [Tensor] = []
    let means = orders(latent.elements, sequences).map { order in
      let rest = Array(order.dropFirst(latents))
      if penalty > 0, !rest.isEmpty {
        penalties.append((penalty / Float(order.count)) * latent.gatherRows(rest).sum())
      }
      let mean = latent.gatherRows(Array(order.prefix(latents))).mean().reshaped([1, 1])
      return Tensor(repeating: strength, shape: [order.count, 1]).matrixProduct(mean)
    }
    guard !means.isEmpty else { return .zeros(base.shape) }
    let change = Tensor.concatenatingRows(means).matrixProduct(direction.tensor)
    return penalties.reduce(change) { $0.charging($1) }
  }

  public func observe(_ base: Tensor, sequences: [Int]) {
    let values = base.detached.linear(direction.value).elements
    func found(_ values: [Float]) -> [Latents] {
      orders(values, sequences).map { order in
        let largest = order.prefix(latents).map { max(0, values[$0]) }
        let sum = largest.reduce(0.0) { $0 + Double($1) }
        return Latents(mean: sum / Double(largest.count), largest: largest.first ?? 0)
      }
    }
    observed += zip(found(values), found(values.map { -$0 })).map { ($0, $1) }
  }

  /// Takes the magnitude from the observed rows. Where none has a positive latent, a direction has
  /// no gradient: before a training one is turned around.
  public func settle(isStart: Bool) -> Bool {
    defer { observed = [] }
    var found = observed.map(\.along)
    if isStart, found.allSatisfy({ $0.largest <= 0 }) {
      let turned = observed.map(\.against)
      guard turned.contains(where: { $0.largest > 0 }) else { return false }
      direction.value = (-1 * direction.value).detached
      found = turned
    }
    guard let largest = found.map(\.largest).max(), largest > 0 else { return false }
    magnitude = Float(found.reduce(0) { $0 + $1.mean } / Double(found.count))
    largestLatent = largest
    return true
  }

  /// The rows of each sequence that has any, those with the largest latents first.
  private func orders(_ values: [Float], _ sequences: [Int]) -> [[Int]] {
    require(
      sequences.reduce(0, +) == values.count && sequences.allSatisfy { $0 >= 0 },
      "RankOneSteering: \(values.count) rows for sequences of \(sequences)")
    var start = 0
    return sequences.filter { $0 > 0 }.map { count in
      defer { start += count }
      return (start..<start + count).sorted { (values[$0], $1) > (values[$1], $0) }
    }
  }
}
