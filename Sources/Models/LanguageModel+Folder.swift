import Checkpoints
import Foundation
import Tokenizers

extension LanguageModel {
  convenience init(folder url: URL) throws {
    throw ModelError.unreadable(path: url.path, reason: "folder")
  }
}
