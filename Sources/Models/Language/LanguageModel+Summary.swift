import Foundation
import InterchangeBasics
import InterchangeCheckpoints

/// What a model is made of, for `inspect` and for the record of a run.
public struct ModelSummary: Codable, Sendable {
  /// A component that can be read and edited.
  public struct SiteSummary: Codable, Sendable {
    public let name: String
    public let width: Int
    public let heads: Int?
  }

  public let path: String
  public let architecture: String
  /// The identity of the weights: a hash of the file, or of all shards.
  public let identity: String
  public let parameters: Int
  public let layers: Int
  public let width: Int
  public let vocabulary: Int
  public let context: Int
  public let sites: [SiteSummary]
  /// The labels of a classifier.
  public let labels: [String]?
}

extension LanguageModel {
  /// The hash of the weight files; every byte is read.
  ///
  /// - Throws: `CheckpointError` when a file can't be read any more.
  public func identity() throws -> String {
    url.isFolder
      ? try checkpoint(inFolder: url).identity()
      : try MappedFile(contentsOf: url).identity()
  }

  /// What this model is made of.
  ///
  /// - Throws: as ``identity()``.
  public func summary() throws -> ModelSummary {
    let architecture = model.architecture
    return ModelSummary(
      path: url.path, architecture: architecture.name, identity: try identity(),
      parameters: architecture.parameterCount, layers: architecture.layers,
      width: architecture.width, vocabulary: architecture.vocabulary,
      context: architecture.maximumLength,
      sites: Component.allCases.compactMap { component in
        architecture.dimensions(of: component).map {
          ModelSummary.SiteSummary(name: component.rawValue, width: $0.width, heads: $0.heads)
        }
      }, labels: architecture.labels)
  }
}
