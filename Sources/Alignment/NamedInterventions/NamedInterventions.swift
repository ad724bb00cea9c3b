import InterchangeBasics
import InterchangeInterventions

/// Every intervention that has a name on the command line and in experiments.
public enum NamedInterventions {
  static let interchange = NamedIntervention(
    "interchange", "the source’s vector", source: { _, _ in CounterfactualSource() },
    make: { _ in FullInterchange() })

  private static let registry = Registry<NamedIntervention>([
    interchange,
    NamedIntervention("zero", "0", make: { _ in ZeroAblation() }),
    NamedIntervention(
      "mean", "the mean over all positions of all bases",
      source: { _, _ in MeanSource(isByPosition: false) }, make: { _ in FullInterchange() }),
    NamedIntervention(
      "mean-position", "the mean over all bases at the same position",
      source: { _, _ in MeanSource(isByPosition: true) }, make: { _ in FullInterchange() }),
    NamedIntervention(
      "resample", "another base’s vector", source: { ResampledSource(seed: $1) },
      make: { _ in FullInterchange() }),
    NamedIntervention(
      "noise", "normal noise of deviation σ added",
      setting: .init("σ", in: 0...1e6),
      source: { NoiseSource(deviation: $0, seed: $1) }, make: { _ in Addition() }),
    NamedIntervention(
      "add", "c times the source’s vector added", setting: .init("c", in: -1e6...1e6, usual: 1),
      source: { _, _ in CounterfactualSource() }, make: { Addition(scale: Float($0)) }),
    NamedIntervention(
      "subtract", "c times the source’s vector taken away",
      setting: .init("c", in: -1e6...1e6, usual: 1),
      source: { _, _ in CounterfactualSource() }, make: { Subtraction(scale: Float($0)) }),
    NamedIntervention(
      "lerp", "the way to the source’s vector, by the share λ",
      setting: .init("λ", in: -1e6...1e6),
      source: { _, _ in CounterfactualSource() }, make: { Interpolation(share: Float($0)) }),
    NamedIntervention(
      "clamp", "every coordinate brought into −c … c", setting: .init("c", in: 0...1e6),
      make: { CoordinateClamp(to: -Float($0)...Float($0)) }),
    NamedIntervention(
      "renormalize", "the source’s direction at the base’s length",
      source: { _, _ in CounterfactualSource() },
      make: { _ in Renormalization(of: FullInterchange()) }),
    NamedIntervention(
      "skip", "the block left out: its input is its output",
      source: { _, _ in BlockInputSource() }, make: { _ in FullInterchange() }),
  ])

  /// The kinds, the house's own first.
  public static var all: [NamedIntervention] { registry.all }

  /// Makes a kind known by its name. May be called from any thread; a name that is taken stays.
  public static func register(_ kind: NamedIntervention) {
    registry.register(kind) { known in !known.contains { $0.name == kind.name } }
  }

  /// The kind of a name.
  ///
  /// - Throws: ``AlignmentError/invalidSetting(name:expected:found:)`` for another name.
  public static func named(_ name: String) throws -> NamedIntervention {
    guard let kind = all.first(where: { $0.name == name }) else {
      throw AlignmentError.invalidSetting(
        name: "intervention", expected: all.map(\.usage).joined(separator: ", "), found: name)
    }
    return kind
  }
}
