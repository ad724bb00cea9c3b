import InterchangeBasics
import InterchangeTensors

/// Rank-1 representation fine-tuning (ReFT-r1, AxBench, arXiv 2501.17148): h + m·v, where m is the
/// mean of the k largest latents ReLU(h_t · v) over the positions t of a sequence.
///
/// The direction v both detects a concept and steers to it. The rows of one call are one sequence's
/// unless ``sequenceLength`` says how many rows each has: a latent is never read from another
/// sequence.
public final class RankOneSteering: AdditiveIntervention {
  /// v: [1, d]
  public let direction: Parameter
  /// k, how many of the largest latents are averaged.
  public let latents: Int
  /// The factor of the steering; 1 in training.
  public var strength: Float

  /// - Parameters:
  ///   - direction: [d]
  ///   - latents: at least 1
  public init(_ direction: Tensor, latents: Int, strength: Float = 1) {
    require(latents >= 1, "RankOneSteering: expected at least one latent, got \(latents)")
    self.direction = Parameter("direction", direction.reshaped([1, direction.count]))
    (self.latents, self.strength) = (latents, strength)
  }

  public var name: String { "reft-r1" }
  public var parameters: [Parameter] { [direction] }
  public var width: Int { direction.value.width }

  /// ReLU(h · v) of each row: [rows, 1].
  public func latent(of rows: Tensor) -> Tensor {
    rows.linear(direction.tensor).activated(.relu)
  }

  /// m·v in every row, with m over all rows.
  public func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    let latent = latent(of: base)
    let values = latent.elements
    let order = values.indices.sorted { (values[$0], $1) > (values[$1], $0) }
    let largest = latent.gatherRows(Array(order.prefix(latents)))
    let mean = largest.mean().reshaped([1, 1])
    let ones = Tensor(repeating: strength, shape: [base.rows, 1])
    return ones.matrixProduct(mean).matrixProduct(direction.tensor)
  }
}
