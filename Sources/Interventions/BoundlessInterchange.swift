import Foundation
import InterchangeBasics
import InterchangeTensors

/// Boundless distributed interchange (arXiv 2305.08809): all coordinates are rotated and the first
/// ones, up to a learned boundary β, are swapped: h + Rᵀ(m ⊙ R(s − h)) with m_i = σ((β·d − i) / T).
///
/// Training lowers the temperature T toward 0, where the mask becomes a step: coordinates i < β·d.
public final class BoundlessInterchange: Intervention {
  /// The orthonormal matrix R [d, d].
  public let rotation: Rotation
  /// β, the share of the coordinates that is swapped: [1].
  public let boundary: Parameter
  /// T, the softness of the boundary.
  public var temperature: Double

  /// The range of β.
  public static let boundaryRange: ClosedRange<Float> = 1e-3...1

  /// - Parameters:
  ///   - rotation: as many rows as it is wide
  ///   - boundary: the β at the start
  public init(_ rotation: Rotation, boundary: Float = 0.5, temperature: Double = 50) {
    require(
      rotation.rank == rotation.width,
      "BoundlessInterchange: expected a full rotation, got [\(rotation.rank), \(rotation.width)]")
    self.rotation = rotation
    self.boundary = Parameter("boundary", Tensor([boundary]))
    self.temperature = temperature
  }

  public var name: String { "boundless distributed interchange" }
  public var sourceCount: Int { 1 }
  public var parameters: [Parameter] { rotation.trainedParameters + [boundary] }
  public var orthonormalParameters: [Parameter] { rotation.trainedParameters }

  /// The share of each coordinate that is swapped, 0 to 1: [d].
  public var mask: Tensor {
    let width = rotation.width
    let slope = Tensor(repeating: Float(Double(width) / temperature), shape: [width, 1])
    let offsets = Tensor((0..<width).map { Float(-Double($0) / temperature) })
    return boundary.tensor.reshaped([1, 1]).linear(slope, bias: offsets).reshaped([width])
      .activated(.sigmoid)
  }

  /// The number of coordinates within the boundary, at least one.
  public var dimensions: Int {
    let width = rotation.width
    // Coordinate i is more than half swapped when i < β·d.
    return min(width, max(1, Int((Double(boundary.value.scalar) * Double(width)).rounded(.up))))
  }

  /// h + Rᵀ(m ⊙ R(s − h)) with the mask as it is now.
  public func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor {
    let frame = rotation.tensor
    return base + (sources[0] - base).linear(frame).multiplyingRows(mask).matrixProduct(frame)
  }

  /// Brings β back into its range; to be called after each step of an optimizer.
  public func clampBoundary() {
    let range = Self.boundaryRange
    boundary.value = Tensor([min(max(boundary.value.scalar, range.lowerBound), range.upperBound)])
  }
}
