import CInterchangeKernels
import Foundation

/// The course of the learning rate over a training run.
public struct LearningRateSchedule: Sendable, Codable, Equatable {
  /// The course after the warm-up.
  public enum Decay: String, Sendable, Codable, CaseIterable { case constant, linear, cosine }

  /// The rate at the end of the warm-up.
  public var peak: Double
  /// Steps over which the rate rises linearly from 0.
  public var warmupSteps: Int
  /// Steps in all, at the end of which a decaying rate is 0.
  public var totalSteps: Int
  /// The course after the warm-up.
  public var decay: Decay

  /// A rate that rises to its peak and then decays.
  public init(peak: Double, warmupSteps: Int = 0, totalSteps: Int, decay: Decay = .linear) {
    (self.peak, self.warmupSteps, self.totalSteps) = (peak, warmupSteps, totalSteps)
    self.decay = decay
  }

  /// The rate of a step, counted from 0.
  public func rate(at step: Int) -> Double {
    if step < warmupSteps { return peak * Double(step + 1) / Double(warmupSteps) }
    let rest = max(1, totalSteps - warmupSteps)
    let done = min(1, Double(step - warmupSteps) / Double(rest))
    return switch decay {
    case .constant: peak
    case .linear: peak * (1 - done)
    case .cosine: peak * 0.5 * (1 + cos(.pi * done))
    }
  }
}

/// Adam (arXiv 1412.6980), with decoupled weight decay (AdamW, arXiv 1711.05101) when asked for.
///
/// Parameters named as `orthonormal` are [k, d] frames with orthonormal rows: their gradient is
/// projected on the tangent space of the Stiefel manifold, Adam's step is taken there, and a QR
/// retraction brings the frame back. O(d k²) a step.
public final class AdamW {
  /// The moments of one parameter; part of a training run's state.
  package struct Moments {
    /// The running mean of the gradient.
    package var first: Tensor
    /// The running mean of the gradient's squares.
    package var second: Tensor

    /// Moments of the parameter's shape.
    package init(first: Tensor, second: Tensor) { (self.first, self.second) = (first, second) }
  }

  private let parameters: [Parameter]
  private let orthonormal: Set<ObjectIdentifier>
  private let betas: (Double, Double)
  private let epsilon: Double
  private let weightDecay: Double
  package var moments: [Moments]
  /// Steps taken so far.
  public package(set) var steps = 0

  /// An optimizer of `parameters`, of which those in `orthonormal` stay orthonormal frames.
  public init(
    _ parameters: [Parameter], orthonormal: [Parameter] = [],
    betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, weightDecay: Double = 0
  ) {
    self.parameters = parameters
    self.orthonormal = Set(orthonormal.map(ObjectIdentifier.init))
    (self.betas, self.epsilon, self.weightDecay) = (betas, epsilon, weightDecay)
    moments = parameters.map {
      Moments(first: .zeros($0.value.shape), second: .zeros($0.value.shape))
    }
  }

  /// Takes one step against the gathered gradients, then forgets them.
  ///
  /// - Throws: ``LinearAlgebraError`` when a frame has an element that is not a number.
  public func step(learningRate: Double) throws {
    steps += 1
    for (index, parameter) in parameters.enumerated() {
      guard let gradient = parameter.gradient else { continue }
      if orthonormal.contains(ObjectIdentifier(parameter)) {
        let tangent = Stiefel.tangent(gradient, at: parameter.value)
        let direction = direction(of: tangent, index)
        parameter.value = try Stiefel.retracted(
          parameter.value, along: Stiefel.tangent(direction, at: parameter.value), -learningRate)
      } else {
        var value = parameter.value
        if weightDecay > 0 { value = Float(1 - learningRate * weightDecay) * value }
        parameter.value = value - Float(learningRate) * direction(of: gradient, index)
      }
      parameter.clearGradient()
    }
  }

  private func direction(of gradient: Tensor, _ index: Int) -> Tensor {
    let direction = Tensor(uninitialized: gradient.shape)
    let count = gradient.count
    let corrections = (1 - pow(betas.0, Double(steps)), 1 - pow(betas.1, Double(steps)))
    // Taken out for the step, so that both are changed in place.
    var (first, second) = (moments[index].first, moments[index].second)
    moments[index] = Moments(first: gradient, second: gradient)
    first.mutateElements { first in
      second.mutateElements { second in
        ck_adam(
          gradient.pointer, first.baseAddress, second.baseAddress, direction.pointer,
          Float(betas.0), Float(betas.1), Float(corrections.0), Float(corrections.1),
          Float(epsilon), count)
      }
    }
    moments[index] = Moments(first: first, second: second)
    return direction
  }
}

/// The manifold of [k, d] frames R with orthonormal rows, R Rᵀ = I.
package enum Stiefel {
  /// The part of `gradient` that is tangent at `frame` (Edelman, Arias & Smith 1998, the embedded
  /// metric): G − sym(G Rᵀ) R.
  package static func tangent(_ gradient: Tensor, at frame: Tensor) -> Tensor {
    let (g, r) = (gradient.detached, frame.detached)
    let product = g.linear(r)
    let symmetric: Tensor = 0.5 * (product + product.transposed())
    return g - symmetric.matrixProduct(r)
  }

  /// The frame nearest in the sense of QR to frame + scale · direction.
  package static func retracted(
    _ frame: Tensor, along direction: Tensor, _ scale: Double
  ) throws -> Tensor {
    try orthonormalized(frame.detached + Float(scale) * direction.detached)
  }

  /// Orthonormal rows that span, one by one, the span of the given rows (QR, twice for accuracy).
  package static func orthonormalized(_ rows: Tensor) throws -> Tensor {
    try rows.transposed().qr().q.transposed()
  }
}
