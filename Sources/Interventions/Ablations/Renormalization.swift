import InterchangeTensors

/// Another intervention's result at the base vector's length: f(h) ‖h‖ / ‖f(h)‖. What the
/// intervention changes is the direction alone.
public final class Renormalization: Intervention {
  /// f
  public let intervention: any Intervention

  /// - Parameter intervention: f
  public init(of intervention: any Intervention) { self.intervention = intervention }
  public var name: String { "renormalized \(intervention.name)" }
  public var sourceCount: Int { intervention.sourceCount }
  public var parameters: [Parameter] { intervention.parameters }
  public var orthonormalParameters: [Parameter] { intervention.orthonormalParameters }

  /// f(h) ‖h‖ / ‖f(h)‖; 0 where f(h) is 0.
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    let changed = intervention(base, sources: sources)
    let width = base.width
    let ones = Tensor(repeating: 1, shape: [width])
    // x / rms(x), and rms(h) as the mean of h ⊙ h / rms(h).
    func direction(_ rows: Tensor) -> Tensor { rows.rmsNorm(ones, epsilon: 1e-30) }
    let average = Tensor(repeating: 1 / Float(width), shape: [1, width])
    let lengths = (base * direction(base)).linear(average)
    return direction(changed).scalingRows(by: lengths.reshaped([base.rows]))
  }
}
