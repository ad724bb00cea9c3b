import InterchangeInterventions
import InterchangeTensors

/// The features among which a search chooses: how a featurizer is made for a site.
///
/// A basis of your own is a value with a name and a closure.
public struct FeatureBasis {
  /// The name in reports.
  public let name: String
  /// Makes a featurizer from the training sources' rows [n, width] at the site.
  let make: (_ rows: Tensor, _ seed: UInt64) throws -> any Featurizer

  /// A basis by its name.
  ///
  /// - Parameter make: from rows [n, width] of the training sources, and a seed
  public init(
    _ name: String, make: @escaping (_ rows: Tensor, _ seed: UInt64) throws -> any Featurizer
  ) {
    (self.name, self.make) = (name, make)
  }

  /// The coordinates themselves: neurons, at a site that has some.
  public static var coordinates: FeatureBasis {
    FeatureBasis("coordinates") { rows, _ in CoordinateFeaturizer(width: rows.width) }
  }

  /// A full rotation, random at the start.
  ///
  /// - Parameter isTrained: whether the gates' training turns it too
  public static func rotated(isTrained: Bool) -> FeatureBasis {
    FeatureBasis(isTrained ? "trained rotation" : "random rotation") { rows, seed in
      let rotation = try Rotation.random(rank: rows.width, width: rows.width, seed: seed)
      return RotationFeaturizer(isTrained ? rotation : rotation.frozen)
    }
  }

  /// Principal components of the training sources.
  ///
  /// - Parameter rank: how many; nil for as many as the rows determine
  public static func principalComponents(rank: Int? = nil) -> FeatureBasis {
    FeatureBasis("principal components") { rows, _ in
      try PrincipalComponentFeaturizer(of: rows, rank: rank ?? min(rows.width, rows.rows - 1))
    }
  }

  /// Standardized coordinates.
  public static var standardized: FeatureBasis {
    FeatureBasis("standardized coordinates") { rows, _ in try StandardizingFeaturizer(of: rows) }
  }

  /// A featurizer that is there already, such as a sparse autoencoder.
  public static func given(_ featurizer: any Featurizer) -> FeatureBasis {
    FeatureBasis(featurizer.name) { rows, _ in
      guard rows.width == featurizer.width else {
        throw InterventionError.widthMismatch(
          name: featurizer.name, expected: featurizer.width, found: rows.width)
      }
      return featurizer
    }
  }
}
