import InterchangeBasics
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
    var (parts, done) = ([Tensor](), 0)
    for batch in texts.chunked(16) {
      let inputs = batch.map { encode($0).input }
      let positions = inputs.map {
        Array(skipping..<max(skipping, network.positionCount(of: $0, at: site)))
      }
      let longer = inputs.indices.filter { !positions[$0].isEmpty }
      if !longer.isEmpty {
        parts.append(
          try activations(
            at: site, longer.map { inputs[$0] }, positions: longer.map { positions[$0] }))
      }
      done += batch.count
      progress(done, texts.count)
    }
    guard !parts.isEmpty else { return .zeros([0, try width(of: site)]) }
    return .concatenatingRows(parts)
  }
}
