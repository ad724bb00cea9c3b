import Foundation
import InterchangeBasics
import InterchangeHub

/// Where a model that a user names is: at a path, or else in the Hugging Face cache.
public struct ModelPlace: Sendable {
  /// The GGUF file or the folder.
  public let url: URL
  /// Its name, revision and commit, where it was found in the cache.
  public let cached: CachedModel?

  /// A path as it is, whether anything is there or not.
  init(_ url: URL, cached: CachedModel? = nil) { (self.url, self.cached) = (url, cached) }

  /// Finds a model by a path, with a leading `~` for the home folder, or by a name such as `gpt2`,
  /// `google/gemma-2-2b@main` or `ORG/NAME:Q4_K_M` (`HubName`). What is there at the path comes
  /// first.
  ///
  /// - Parameter cache: by default that of the environment
  /// - Throws: `HubError` for a name that the cache doesn't have.
  public init(_ text: String, cache: HubCache = HubCache()) throws {
    let path = URL(userPath: text)
    guard !path.exists, let name = HubName(text), name.file != nil || !text.hasSuffix(".gguf")
    else {
      self.init(path)
      return
    }
    let model = try cache.model(name)
    self.init(model.url, cached: model)
  }
}
