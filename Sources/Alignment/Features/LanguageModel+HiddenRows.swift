import InterchangeModels
import InterchangeTensors

extension LanguageModel {
  /// The hidden vectors at a site at all positions of texts, one text after the other:
  /// [Σ positions, width].
  ///
  /// - Parameters:
  ///   - site: its own positions don't matter
  ///   - skipping: positions at the beginning of each text that are left out: the first one's
  ///     vector is unlike all others in most models
  /// - Throws: `ModelError` for a site that the model lacks, or a text that is too long.
  public func hiddenRows(
    at site: Site, of texts: [String], skipping: Int = 1,
    progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
  ) throws -> Tensor {
    var parts: [Tensor] = []
    for (index, text) in texts.enumerated() {
      let input = encode(text).input
      let count = network.positionCount(of: input, at: site)
      if count > skipping {
        parts.append(
          try activations(at: site, [input], positions: [Array(skipping..<count)]))
      }
      progress(index + 1, texts.count)
    }
    guard !parts.isEmpty else { return .zeros([0, try width(of: site)]) }
    return .concatenatingRows(parts)
  }
}
