import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The divergence of patched activations at one of several sites that are swapped together.
public struct SiteDivergence: Codable, Sendable, Equatable {
  /// The site's name.
  public let site: String
  /// The distances there, with all the sites' swaps.
  public let divergence: ActivationDivergence
}

extension JudgedFit {
  /// The divergence of the test's patched activations at the only site; nil with several sites, and
  /// where the training rows are too few.
  func divergence(of test: [SiteExamples]) throws -> ActivationDivergence? {
    guard test.count == 1, training.count == 1 else { return nil }
    let intervention = interventions[0]
    guard intervention.sourceCount <= test[0].sourceRows.count else { return nil }
    let own = try bases(test[0])
    let patched = intervention(
      own, sources: Array(test[0].sourceRows.prefix(intervention.sourceCount)))
    return try divergence(of: patched.detached, at: 0, test, own: own)
  }

  /// The divergence at each of several sites that has a swap, in runs with the swaps at all of
  /// them; nil with one site, and where the training rows are too few.
  func siteDivergences(of test: [SiteExamples]) throws -> [SiteDivergence]? {
    guard test.count > 1, test.count == training.count else { return nil }
    let places = test.indices.filter(isSwapped)
    let patched = try run.patchedRows(placed(test, interventions), at: places)
    let found = try zip(places, patched).compactMap { place, rows in
      try divergence(of: rows, at: place, test, own: bases(test[place])).map {
        SiteDivergence(site: test[place].site.description, divergence: $0)
      }
    }
    return found.isEmpty ? nil : found
  }

  private func bases(_ data: SiteExamples) throws -> Tensor {
    try model.activations(
      at: data.site, data.examples.map(\.base), positions: data.positions, store: store)
  }

  private func divergence(
    of patched: Tensor, at place: Int, _ test: [SiteExamples], own: Tensor
  ) throws -> ActivationDivergence? {
    try ActivationDivergence(
      of: patched, natural: .concatenatingRows([own] + test[place].sourceRows),
      reference: .concatenatingRows([try bases(training[place])] + training[place].sourceRows),
      seed: settings.seed)
  }
}

extension InterchangeRun {
  /// The rows at some of the sites, after the interventions at all of them: [Σ positions, width]
  /// each.
  fileprivate func patchedRows(_ parts: [PlacedSwap], at places: [Int]) throws -> [Tensor] {
    let batches = try Array(0..<parts[0].data.count).chunked(batchSize).map { indices in
      var request = request(parts, indices)
      request.logits = nil
      request.captures = places.map { place in
        let data = parts[place].data
        return Cells(data.site, positions: indices.map { data.positions[$0] })
      }
      return try model.run(request, store: store).captures.map(\.detached)
    }
    return places.indices.map { place in .concatenatingRows(batches.map { $0[place] }) }
  }
}
