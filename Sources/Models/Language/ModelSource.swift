import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeHub

/// The files that a model was read from.
struct ModelSource: Sendable {
  /// A GGUF file or a folder.
  let url: URL
  /// Where in the Hugging Face cache it was found by its name.
  let cached: CachedModel?
  /// Its tensors, where the model reads its weights from them anyway.
  private let opened: (any Checkpoint)?

  init(_ place: ModelPlace, opened: (any Checkpoint)?) {
    (url, cached, self.opened) = (place.url, place.cached, opened)
  }

  /// The name of the repository's folder in the cache, or of the file or folder without its ending.
  var name: String {
    let repository = cached?.file == nil ? cached?.repository : nil
    return repository?.split(separator: "/").last.map(String.init)
      ?? url.deletingPathExtension().lastPathComponent
  }

  /// The same files for a model with other weights, which doesn't keep them open.
  var closed: ModelSource { ModelSource(ModelPlace(url, cached: cached), opened: nil) }

  /// The tensors, opened anew when they aren't open.
  func checkpoint() throws -> any Checkpoint {
    if let opened { return opened }
    return url.isFolder
      ? try InterchangeCheckpoints.checkpoint(inFolder: url) : try GGUFFile(contentsOf: url)
  }

  /// The hash of the weight files.
  func identity() throws -> String { try checkpoint().identity() }
}
