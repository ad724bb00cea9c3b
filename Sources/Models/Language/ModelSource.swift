import Foundation
import InterchangeBasics
import InterchangeCheckpoints

/// The files that a model was read from.
struct ModelSource: Sendable {
  /// A GGUF file or a folder.
  let url: URL
  /// Its tensors, where the model reads its weights from them anyway.
  private let opened: (any Checkpoint)?

  init(url: URL, opened: (any Checkpoint)?) {
    (self.url, self.opened) = (url, opened)
  }

  /// The same files for a model with other weights, which doesn't keep them open.
  var closed: ModelSource { ModelSource(url: url, opened: nil) }

  /// The tensors, opened anew when they aren't open.
  func checkpoint() throws -> any Checkpoint {
    if let opened { return opened }
    return url.isFolder
      ? try InterchangeCheckpoints.checkpoint(inFolder: url) : try GGUFFile(contentsOf: url)
  }

  /// The hash of the weight files.
  func identity() throws -> String { try checkpoint().identity() }
}
