import Foundation
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The things that a method is made from besides its configuration.
public struct AdapterInputs {
  /// A kind of input.
  public enum Kind: Sendable {
    case subspace, steeringVectors
  }

  /// A found subspace, and how it is used.
  public var subspace: (rotation: Rotation, use: SubspaceUse)?
  /// The place where the subspace was found, and the file that says so; nil for one that has no
  /// such place.
  private var origin: (path: String, site: String)?
  /// Vectors [width] by layer.
  public var steeringVectors: [Int: Tensor]?

  public init(
    subspace: (rotation: Rotation, use: SubspaceUse)? = nil, steeringVectors: [Int: Tensor]? = nil
  ) {
    (self.subspace, self.steeringVectors) = (subspace, steeringVectors)
  }

  /// Takes the subspace of a file that a search wrote for a model; one that names another model is
  /// refused, and at another component, head or layer than the file's it is when it is used. At
  /// which positions it was found doesn't matter.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` for another model's,
  ///   `CheckpointError` or `InterventionError` for a file that can't be read.
  public mutating func readSubspace(
    contentsOf url: URL, use: SubspaceUse, for base: LanguageModel
  ) throws {
    let (rotation, metadata) = try Rotation.read(contentsOf: url)
    let path = url.path(percentEncoded: false)
    if let model = metadata["model"], !model.isEmpty {
      let identity = try base.identity()
      guard model == identity else {
        throw FineTuningError.invalidAdapter(
          path: path, field: "base model", expected: "\(model), in which the subspace was found",
          found: identity)
      }
    }
    subspace = (rotation, use)
    origin = metadata["site"].map { (path, $0) }
  }

  /// Refuses a subspace that was found at another place.
  func requireSubspace(at site: Site) throws {
    guard let origin else { return }
    func place(_ site: String) -> String { site.components(separatedBy: " @ ")[0] }
    let (found, wanted) = (place(origin.site), place(site.description))
    guard found == wanted else {
      throw FineTuningError.invalidAdapter(
        path: origin.path, field: "site", expected: "\(found), where the subspace was found",
        found: "\(wanted), where it is to be used")
    }
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
