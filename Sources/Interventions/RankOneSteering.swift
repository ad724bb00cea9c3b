import InterchangeBasics
import InterchangeTensors

/// Rank-1 representation fine-tuning (ReFT-r1, AxBench, arXiv 2501.17148): h + m·v, where m is the
/// mean of the k largest latents ReLU(h_t · v) over the positions t of a sequence.
///
/// The direction v both detects a concept and steers to it. As an ``Intervention`` it takes its
/// rows for one sequence's; ``callAsFunction(_:sequences:)`` takes the rows of several.
public final class RankOneSteering: Intervention {
  /// v: [1, d]
  public let direction: Parameter
  /// k, how many of the largest latents are averaged; all of a shorter sequence.
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
  public var sourceCount: Int { 0 }
  public var parameters: [Parameter] { [direction] }

  /// ReLU(h · v) of each row: [rows, 1].
  public func latent(of rows: Tensor) -> Tensor {
    rows.linear(direction.tensor).activated(.relu)
  }

  /// The rows of one sequence, steered.
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    self(base, sequences: [base.rows])
  }

  /// The rows of sequences, one after the other, each steered by its own latents.
  ///
  /// - Parameters:
  ///   - base: [rows, d]
  ///   - sequences: the number of rows of each
  public func callAsFunction(_ base: Tensor, sequences: [Int]) -> Tensor {
    require(
      sequences.reduce(0, +) == base.rows && sequences.allSatisfy { $0 > 0 },
      "RankOneSteering: \(base.rows) rows for sequences of \(sequences)")
    let latent = latent(of: base)
    let values = latent.elements
    var start = 0
    let means = sequences.map { count in
      let order = (start..<start + count).sorted { (values[$0], $1) > (values[$1], $0) }
      start += count
      let mean = latent.gatherRows(Array(order.prefix(latents))).mean().reshaped([1, 1])
      return Tensor(repeating: strength, shape: [count, 1]).matrixProduct(mean)
    }
    return base + Tensor.concatenatingRows(means).matrixProduct(direction.tensor)
  }
}
