import Foundation
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The gates of a fitted mask, as records keep them.
public struct MaskGates: Codable, Sendable, Equatable {
  /// The gates at one site.
  public struct Part: Codable, Sendable, Equatable {
    /// The site.
    public let site: Site
    /// m = σ(θ ∕ T) of each gate at the last temperature, to four digits: of each feature, of each
    /// head, or one for the site.
    public let gates: [Double]

    /// The number of gates that are open in the end, those with m > ½.
    public var openCount: Int { gates.count { $0 > 0.5 } }
  }

  /// The part that one gate opens.
  public let unit: MaskSearch.Unit
  /// The name of the features' basis; nil for other units.
  public let basis: String?
  /// The sites in the search's order.
  public let parts: [Part]

  /// The number of gates.
  public var count: Int { parts.reduce(0) { $0 + $1.gates.count } }

  /// The number of gates that are open in the end.
  public var openCount: Int { parts.reduce(0) { $0 + $1.openCount } }

  init(of found: MaskAlignment) {
    let search = found.search
    unit = search.unit
    basis = unit == .features ? search.basis.name : nil
    parts = zip(search.sites, found.swaps).map { site, swap in
      let gate = swap.gate
      return Part(
        site: site,
        gates: gate.logits.value.elements.map { logit in
          let soft = 1 / (1 + exp(-Double(logit) / gate.temperature))
          let rounded = (soft * 1e4).rounded() / 1e4
          // A gate that is hardly open, or hardly closed, stays so.
          return logit > 0 ? max(rounded, 0.5001) : min(rounded, 0.5)
        })
    }
  }
}
