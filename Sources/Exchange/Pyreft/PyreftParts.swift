import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// An adapter as pyreft holds one: an intervention for each place, all at the same positions, or
/// two for each, of the first and of the last positions.
struct PyreftParts {
  /// In pyreft's order: those of the first positions, layer by layer, then those of the last.
  let interventions: [(reft: ReFT, target: PyreftTarget)]
  /// The positions, as `import --positions` takes them.
  let positions: Positions
  /// True where the first and the last positions have interventions of their own.
  let isUntied: Bool
  /// The one function of all forms that have one.
  let activation: Activation?

  /// - Throws: `FineTuningError` naming what pyreft can't hold.
  init(_ adapter: any Adapter, of base: LanguageModel) throws {
    guard let adapter = adapter as? InterventionAdapter, !adapter.interventions.isEmpty else {
      throw PyreftFolder.unwritable(PyreftFolder.holds, adapter.method)
    }
    let placed = try adapter.interventions.map { placed in
      guard let reft = placed.intervention as? ReFT else {
        throw PyreftFolder.unwritable(PyreftFolder.holds, placed.intervention.name)
      }
      return (
        reft: reft, target: try PyreftTarget(placed.site, of: base),
        positions: placed.site.positions
      )
    }
    let functions = Set(placed.filter { $0.reft.form.hasWeight }.map(\.reft.activation))
    guard functions.count <= 1 else {
      throw PyreftFolder.unwritable("one activation function for all", "\(functions.count)")
    }
    activation = functions.first ?? nil

    let places = Dictionary(grouping: placed, by: \.target.keyStem)
    let counts = Set(places.values.map(\.count))
    guard counts == [1] || counts == [2] else {
      throw PyreftFolder.unwritable(
        "one intervention at each place, or two, of the first and of the last positions",
        "\(counts.max() ?? 0) at some")
    }
    isUntied = counts == [2]
    let parts = isUntied ? 2 : 1
    // The first that a place has is that of its first positions.
    let sets = Set(places.values.map { $0.map(\.positions) })
    guard sets.count == 1, let set = sets.first else {
      throw PyreftFolder.unwritable(
        "the same positions at every place",
        sets.map { $0.map(\.description).joined(separator: " and ") }.sorted()
          .joined(separator: ", "))
    }
    positions = isUntied ? try Self.joined(set) : set[0]
    guard !positions.goOn else {
      throw PyreftFolder.unwritable(
        "positions of the prompt, as pyreft edits either those or the generated ones",
        positions.description)
    }
    var met: [String: Int] = [:]
    let numbered = placed.map { part in
      let number = met[part.target.keyStem, default: 0]
      met[part.target.keyStem] = number + 1
      return (number: number, part: (reft: part.reft, target: part.target))
    }
    interventions = (0..<parts).flatMap { number in
      numbered.filter { $0.number == number }.map(\.part)
    }
  }

  /// The positions of both of two interventions.
  private static func joined(_ pair: [Positions]) throws -> Positions {
    if let first = pair[0].leading, let last = pair[1].trailing {
      return .firstAndLast(first, last)
    }
    throw PyreftFolder.unwritable(
      "two interventions at a place only of its first and of its last positions",
      pair.map(\.description).joined(separator: " and "))
  }
}

extension Positions {
  /// The number of first positions, of those that are no others.
  fileprivate var leading: Int? {
    switch self {
    case .first(let count), .firstAndLast(let count, 0), .halves(let count, 0): count
    default: nil
    }
  }

  /// The number of last positions, of those that are no others.
  fileprivate var trailing: Int? {
    switch self {
    case .last(let count), .firstAndLast(0, let count), .halves(0, let count),
      .lastAfterFirst(_, let count):
      count
    default: nil
    }
  }
}
