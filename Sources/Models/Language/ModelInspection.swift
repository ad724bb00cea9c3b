import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeHub

/// A model as far as its configuration and the headers of its files tell; no weight is read.
public struct ModelInspection: Codable, Sendable {
  /// The architecture's name; nil where nothing tells it.
  public let architecture: String?
  /// Why the model can't be read, in one line; nil where nothing speaks against it.
  public let refusal: String?

  /// Looks at a GGUF file or a folder.
  ///
  /// Values that a family refuses only when it reads the weights, and the tokenizer, are not looked
  /// at.
  public init(of url: URL) {
    var (architecture, refusal) = (String?.none, String?.none)
    do {
      if url.isFolder {
        let folder = try ModelFolder(url)
        architecture = try folder.architectureName()
        try ModelFamilies.family(of: folder).requireUnderstood(folder)
        _ = try folder.checkpoint()
      } else {
        let file = try GGUFFile(contentsOf: url)
        architecture = try file.value("general.architecture")
        try ModelFamilies.family(of: file).requireUnderstood(file)
      }
    } catch {
      refusal = "\(error)".replacing("\n", with: " ")
    }
    (self.architecture, self.refusal) = (architecture, refusal)
  }
}

/// A model of the Hugging Face cache: its name, its size, and whether it can be read.
public struct CachedModelSummary: Codable, Sendable {
  /// The repository, with `:FILE` for a GGUF file.
  public let name: String
  /// The branches and tags that are at the commit.
  public let references: [String]
  /// The commit; nil where a fetch was begun and not ended.
  public let commit: String?
  /// The bytes of its files.
  public let bytes: Int
  /// The GGUF file or the folder.
  public let path: String
  /// The architecture's name; nil where nothing tells it.
  public let architecture: String?
  /// Why the model can't be read, in one line; nil where nothing speaks against it.
  public let refusal: String?

  /// All models of a cache, by their names.
  public static func all(in cache: HubCache) -> [CachedModelSummary] {
    cache.repositories.flatMap { repository in
      let models = cache.revisions(of: repository).flatMap { revision in
        revision.models.map { CachedModelSummary($0, of: revision) }
      }
      let unfinished = cache.unfinishedBytes(of: repository)
      guard models.isEmpty, unfinished > 0 else { return models }
      return [CachedModelSummary(unfinished: repository, bytes: unfinished, in: cache)]
    }
  }

  private init(_ model: CachedModel, of revision: CachedRevision) {
    let inspection = ModelInspection(of: model.url)
    (name, references, commit) = (model.name, revision.references, model.commit)
    (bytes, path) = (model.size, model.url.path)
    (architecture, refusal) = (inspection.architecture, inspection.refusal)
  }

  private init(unfinished repository: String, bytes: Int, in cache: HubCache) {
    (name, references, commit) = (repository, [], nil)
    (self.bytes, path, architecture) = (bytes, cache.url.path, nil)
    refusal = "its fetch wasn't ended; `interchange fetch \(repository)` goes on"
  }
}
