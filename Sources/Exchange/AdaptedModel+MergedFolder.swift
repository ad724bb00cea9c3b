import Foundation
import InterchangeFineTuning
import InterchangeModels

extension AdaptedModel {
  /// Writes the base model's folder anew with the adapters' updates added to its weights, as
  /// transformers reads it. A trained head is no update of the base's weights: it can't be merged.
  ///
  /// - Throws: as `AdaptedModel/merged()`; `ModelError` for a base from a single file.
  public func writeMerged(to folder: URL) throws {
    try base.write(adding: weightChanges(), to: folder)
  }
}
