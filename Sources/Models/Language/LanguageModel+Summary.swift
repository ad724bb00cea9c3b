import Foundation
import InterchangeCheckpoints
import InterchangeHub

/// The parts and sizes of a model, for `inspect` and for the record of a run.
public struct ModelSummary: Codable, Sendable {
  /// A component that can be read and edited.
  public struct SiteSummary: Codable, Sendable {
    /// The component's name.
    public let name: String
    /// Its width, of all heads together; where it is for each position of a text that of one.
    public let width: Int
    /// The number of heads, where it is made of heads.
    public let heads: Int?
    /// True where it has so many numbers for each position of a text; nil elsewhere.
    public let isPerPosition: Bool?
  }

  /// The file or folder.
  public let path: String
  /// Its name in the Hugging Face cache, where it was found by it.
  public let name: String?
  /// The branch, tag or commit by which it was found there.
  public let revision: String?
  /// The commit that it is there.
  public let commit: String?
  /// The architecture's name.
  public let architecture: String
  /// The identity of the weights: a hash of the file, or of all shards.
  public let identity: String
  /// The number of trainable numbers.
  public let parameters: Int
  /// The number of blocks.
  public let layers: Int
  /// The width of the residual stream.
  public let width: Int
  /// The number of token ids that it reads.
  public let vocabulary: Int
  /// The length of the longest sequence that it reads.
  public let context: Int
  /// The components that can be read and edited.
  public let sites: [SiteSummary]
  /// The labels of a classifier.
  public let labels: [String]?
}

extension LanguageModel {
  /// Its place in the Hugging Face cache, where it was found by its name.
  public var cached: CachedModel? { source?.cached }

  /// The hash of the weight files; every byte is read.
  ///
  /// - Throws: `CheckpointError` when a file can't be read any more;
  ///   ``ModelError/notFromFiles(name:purpose:)`` for a model made in memory.
  public func identity() throws -> String {
    guard let source else {
      throw ModelError.notFromFiles(name: name, purpose: "hash")
    }
    return try source.identity()
  }

  /// The parts and sizes of this model.
  ///
  /// - Throws: as ``identity()``.
  public func summary() throws -> ModelSummary {
    let architecture = self.architecture
    return ModelSummary(
      path: url.path, name: cached?.name, revision: cached?.revision, commit: cached?.commit,
      architecture: architecture.name, identity: try identity(),
      parameters: architecture.parameterCount, layers: architecture.layers,
      width: architecture.width, vocabulary: architecture.vocabulary,
      context: architecture.maximumLength,
      sites: Component.allCases.compactMap { component in
        architecture.dimensions(of: component).map {
          ModelSummary.SiteSummary(
            name: component.rawValue, width: $0.width, heads: $0.heads,
            isPerPosition: $0.isPerPosition ? true : nil)
        }
      }, labels: architecture.labels)
  }
}
