import InterchangeBasics
import InterchangeInterventions

/// The interventions that adapters' files can hold: those of this package and those that a program
/// registers before it reads or writes any.
public enum StorableInterventions {
  private static let registry = Registry<any StorableIntervention.Type>([
    ReFT.self, RepresentationEditing.self, Steering.self, LowRankUpdate.self, Bottleneck.self,
    BiasUpdate.self, WeightUpdate.self, SparseUpdate.self, RankOneSteering.self,
  ])

  /// Every kind, this package's first.
  public static var all: [any StorableIntervention.Type] { registry.all }

  /// Makes a kind of intervention known; once is enough, and twice does no harm.
  ///
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` when another kind has one
  ///   of its names already.
  public static func register(_ type: any StorableIntervention.Type) throws {
    try registry.register(type) { known in
      if known.contains(where: { $0 == type }) { return false }
      if let name = type.methods.first(where: { name in
        known.contains { $0.methods.contains(name) }
      }) {
        throw FineTuningError.invalidSetting(
          name: "intervention", expected: "a name that no other kind has", found: name)
      }
      return true
    }
  }

  /// The kind that has a name in files.
  static func named(_ method: String) -> (any StorableIntervention.Type)? {
    all.first { $0.methods.contains(method) }
  }

  /// An intervention as one that a file can hold, and that can be read again.
  ///
  /// - Throws: ``FineTuningError/unwritable(name:reason:)``.
  static func storable(_ intervention: any Intervention) throws -> any StorableIntervention {
    guard let storable = intervention as? any StorableIntervention else {
      throw FineTuningError.unwritable(
        name: intervention.name, reason: "it has no file form (StorableIntervention)")
    }
    guard let known = named(intervention.name), known == type(of: storable) else {
      throw FineTuningError.unwritable(
        name: intervention.name,
        reason: "it could not be read again: its kind is not registered under this name "
          + "(StorableInterventions.register)")
    }
    return storable
  }
}
