import InterchangeInterventions
import InterchangeTensors

/// The things that a method is made from besides its configuration.
public struct AdapterInputs {
  /// A kind of input.
  public enum Kind: Sendable {
    case subspace, steeringVectors
  }

  /// A found subspace, and how it is used.
  public var subspace: (rotation: Rotation, use: SubspaceUse)?
  /// Vectors [width] by layer.
  public var steeringVectors: [Int: Tensor]?

  public init(
    subspace: (rotation: Rotation, use: SubspaceUse)? = nil, steeringVectors: [Int: Tensor]? = nil
  ) {
    (self.subspace, self.steeringVectors) = (subspace, steeringVectors)
  }

  /// The rotation of a new edit: random, or from the subspace.
  ///
  /// - Throws: `InterventionError` for a rank or a subspace that doesn't fit the width.
  public func rotation(rank: Int, width: Int, seed: UInt64) throws -> Rotation {
    guard let (rotation, use) = subspace else {
      return try .random(rank: rank, width: width, seed: seed)
    }
    guard rotation.width == width else {
      throw InterventionError.widthMismatch(
        name: "subspace", expected: rotation.width, found: width)
    }
    return switch use {
    case .start: rotation.trainable
    case .fixed: rotation.frozen
    case .constrained: try rotation.within(rank: rank, seed: seed)
    }
  }
}

/// The use of a subspace that was found before.
public enum SubspaceUse: String, Codable, Sendable, CaseIterable {
  /// The rotation starts there and is trained.
  case start
  /// The rotation stays as it is; only the source is trained.
  case fixed
  /// The rotation is trained within the subspace.
  case constrained
}
