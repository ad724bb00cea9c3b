import Foundation
import InterchangeBasics
import InterchangeTensors

/// Diff pruning of one projection (arXiv 2012.07463): h + (z ⊙ Δ) x, where h = W x, and the gates z
/// are trained toward zero with Δ. While it is trained each z is a draw of a hard concrete variable
/// (arXiv 1712.01312), a stretched sigmoid cut to 0…1; otherwise it is that of the draw's middle.
public final class SparseUpdate: TrainableIntervention {
  /// The sigmoid's reach over 0…1 on either side, and the logits at which the gates begin, as in
  /// the paper's code: nearly open.
  private static let reach: Float = 1.5
  private static let start: Float = 5
  /// The logit beyond which a gate is shut or open for good: no draw reaches the slope of its cut
  /// sigmoid.
  private static let settled: Float = 40

  /// Δ: [width, input width]
  public let delta: Parameter
  /// The gates' logits: [width, input width]
  public let gates: Parameter
  /// True when it is decided which gates are open: then they are neither drawn nor trained.
  public var isSettled = false
  /// The pruning that makes it sparse, together with others; nil for one that is only trained.
  public let pruning: DiffPruning?

  /// Makes an untrained one: Δ = 0, all gates nearly open.
  public init(width: Int, inputWidth: Int, pruning: DiffPruning? = nil) {
    self.pruning = pruning
    delta = Parameter("delta", .zeros([width, inputWidth]))
    gates = Parameter("gates", Tensor(repeating: Self.start, shape: [width, inputWidth]))
    pruning?.add(self)
  }

  /// Makes a finished one, whose gates are open where the change isn't zero.
  ///
  /// - Parameter change: [width, input width]
  public init(change: Tensor) {
    pruning = nil
    delta = Parameter("delta", change)
    gates = Parameter(
      "gates",
      Tensor(
        change.elements.map { $0 == 0 ? -Self.settled : Self.settled }, shape: change.shape))
  }

  public var name: String { "diff-pruning" }
  public var parameters: [Parameter] { [delta, gates] }
  public var width: Int { delta.value.rows }
  public var sourceWidth: Int? { delta.value.width }
  /// The number of weights that it changes.
  public var parameterCount: Int { weightChange.elements.count { $0 != 0 } }

  /// z ⊙ Δ: [width, input width]
  public var weightChange: Tensor { (opened(gates.tensor) * delta.tensor).detached }

  /// (z ⊙ Δ) x with the gates of the draws' middle.
  public func change(of base: Tensor, sources: [Tensor]) -> Tensor {
    sources[0].linear(opened(isSettled ? gates.value : gates.tensor) * delta.tensor)
  }

  public func prepare(step: Int, of steps: Int) {
    pruning?.prepare(self, step: step, of: steps)
  }
  /// True once it has been pruned, or when it is never pruned.
  public var isComplete: Bool { pruning == nil || isSettled }
  /// The expected number of open gates, weighted.
  public var penalty: Tensor? {
    guard let pruning, pruning.penalty > 0, !isSettled else { return nil }
    return pruning.penalty * expectedCount
  }

  /// The change with drawn gates: [rows, width].
  public func change(
    of base: Tensor, sources: [Tensor], noise: inout RandomGenerator
  ) -> Tensor {
    guard !isSettled else { return sources[0].linear(opened(gates.value) * delta.tensor) }
    let logits = (0..<delta.value.count).map { _ -> Float in
      let uniform = Double(noise.uniform()) * (1 - 2e-6) + 1e-6
      return Float(log(uniform / (1 - uniform)))
    }
    let drawn = gates.tensor + Tensor(logits, shape: delta.value.shape)
    return sources[0].linear(opened(drawn) * delta.tensor)
  }

  /// The expected number of gates that aren't shut, as a scalar: the quantity that training makes
  /// small. The stretched sigmoid reaches as far below 0 as over 1, so that a gate is open with the
  /// sigmoid's own probability.
  public var expectedCount: Tensor { gates.tensor.activated(.sigmoid).sum() }

  /// min(max(sigmoid(logits) · (1 + 2 · reach) − reach, 0), 1)
  private func opened(_ logits: Tensor) -> Tensor {
    let span = 1 + 2 * Self.reach
    let stretched =
      span * logits.activated(.sigmoid) - Tensor(repeating: Self.reach, shape: logits.shape)
    let above = stretched - Tensor(repeating: 1, shape: logits.shape)
    return stretched.activated(.relu) - above.activated(.relu)
  }

  /// The sizes of the changes, by which they are ranked.
  public var magnitudes: [Float] { weightChange.elements.map(abs) }

  /// Shuts the gates of all changes that are smaller than a size, and opens the others, for good.
  public func settle(keeping least: Float) {
    let change = weightChange
    delta.value = change
    gates.value = Tensor(
      change.elements.map { abs($0) >= least && $0 != 0 ? Self.settled : -Self.settled },
      shape: change.shape)
    isSettled = true
  }
}
