import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The features among which a search chooses: how a featurizer is made for a site.
///
/// A basis of your own is a value with a name and a closure.
public struct FeatureBasis {
  /// A site that gets a featurizer.
  public struct Place {
    /// The network.
    public let model: Model
    /// The site in it.
    public let site: Site
    /// The training sources' rows there: [n, width].
    public let rows: Tensor
    /// The seed of what is random.
    public let seed: UInt64
  }

  /// The name in reports.
  public let name: String
  private let check: (_ site: Site, _ model: Model) throws -> Void
  private let make: (Place) throws -> any Featurizer

  /// A basis by its name.
  ///
  /// - Parameters:
  ///   - check: throws for a site that it can't be made for, before any work is done
  ///   - make: a featurizer as wide as the rows
  public init(
    _ name: String, check: @escaping (_ site: Site, _ model: Model) throws -> Void = { _, _ in },
    make: @escaping (_ place: Place) throws -> any Featurizer
  ) {
    (self.name, self.check, self.make) = (name, check, make)
  }

  /// Checks that a site can have it.
  ///
  /// - Throws: `AlignmentError` naming a site that can't.
  public func validate(_ site: Site, in model: Model) throws { try check(site, model) }

  /// A featurizer for a site.
  ///
  /// - Throws: `AlignmentError` or `InterventionError` naming what doesn't fit.
  public func featurizer(at place: Place) throws -> any Featurizer { try make(place) }

  /// The coordinates themselves: neurons, at a site that has some.
  public static var coordinates: FeatureBasis {
    FeatureBasis("coordinates") { CoordinateFeaturizer(width: $0.rows.width) }
  }

  /// A full rotation, random at the start.
  ///
  /// - Parameter isTrained: whether the gates' training turns it too
  public static func rotated(isTrained: Bool) -> FeatureBasis {
    FeatureBasis(isTrained ? "trained rotation" : "random rotation") { place in
      let width = place.rows.width
      let rotation = try Rotation.random(rank: width, width: width, seed: place.seed)
      return RotationFeaturizer(isTrained ? rotation : rotation.frozen)
    }
  }

  /// Principal components of the training sources.
  ///
  /// - Parameter rank: how many; nil for as many as the rows determine
  public static func principalComponents(rank: Int? = nil) -> FeatureBasis {
    FeatureBasis("principal components") { place in
      let rows = place.rows
      return try PrincipalComponentFeaturizer(
        of: rows, rank: rank ?? min(rows.width, rows.rows - 1))
    }
  }

  /// Singular vectors of the weight that alone reads the site, or that makes it, those of the
  /// largest values first: of `mlp_hidden` and `attention_value_output` the right ones of the
  /// projection after them, of `attention_output`, `mlp_output` or `query_output` the left ones of
  /// the projection before them (Millidge and Black 2022, "The singular value decompositions of
  /// transformer weight matrices are highly interpretable").
  ///
  /// Of a site that is wider than the weight's other side they span what the weight reads, so that
  /// all of them together have the effect of the whole vector.
  public static var singularVectors: FeatureBasis {
    func fault(_ site: Site) -> AlignmentError {
      .invalidSetting(
        name: "singular vectors",
        expected: "a site that one projection makes or alone reads, such as mlp_hidden, "
          + "attention_value_output or query_output", found: site.description)
    }
    return FeatureBasis("singular vectors") { site, model in
      guard SiteWeight.exists(of: site, in: model) else { throw fault(site) }
    } make: { place in
      guard let found = SiteWeight(of: place.site, in: place.model) else {
        throw fault(place.site)
      }
      let rank = min(found.weight.rows, found.weight.width)
      return RotationFeaturizer(
        try Rotation.singularVectors(of: found.weight, side: found.side, rank: rank))
    }
  }

  /// Standardized coordinates.
  public static var standardized: FeatureBasis {
    FeatureBasis("standardized coordinates") { try StandardizingFeaturizer(of: $0.rows) }
  }

  /// A featurizer that is there already, such as a sparse autoencoder.
  public static func given(_ featurizer: any Featurizer) -> FeatureBasis {
    FeatureBasis(featurizer.name) { place in
      guard place.rows.width == featurizer.width else {
        throw InterventionError.widthMismatch(
          name: featurizer.name, expected: featurizer.width, found: place.rows.width)
      }
      return featurizer
    }
  }
}
