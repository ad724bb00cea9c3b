import InterchangeBasics

/// The methods that make adapters: those of this package and those that a program registers.
public enum AdapterMethods {
  private static let registry = Registry<any AdapterMethod.Type>([
    ReFTMethod.self, REDMethod.self, SteeringMethod.self, RankOneSteeringMethod.self,
    LoRAMethod.self, BottleneckMethod.self, BitFitMethod.self, DiffPruningMethod.self,
    FullMethod.self, SoftTokensMethod.self, ProbeMethod.self,
  ])

  /// Every method, this package's first.
  public static var all: [any AdapterMethod.Type] { registry.all }

  /// The names of all methods.
  public static var names: [String] { all.flatMap { $0.names } }

  /// The choices of all methods, each name once, as the first method with it has it.
  public static var choices: [AdapterChoice] {
    var seen: Set<String> = []
    return all.flatMap { $0.choices }.filter { seen.insert($0.name).inserted }
  }

  /// Makes a method known; once is enough, and twice does no harm.
  ///
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` when another method has one
  ///   of its names already.
  public static func register(_ type: any AdapterMethod.Type) throws {
    try registry.register(type) { known in
      if known.contains(where: { $0 == type }) { return false }
      if let name = type.names.first(where: { name in known.contains { $0.names.contains(name) } })
      {
        throw FineTuningError.invalidSetting(
          name: "method", expected: "a name that no other method has", found: name)
      }
      return true
    }
  }

  /// The method of a name.
  ///
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)``, with similar names.
  public static func named(_ name: String) throws -> any AdapterMethod.Type {
    guard let type = all.first(where: { $0.names.contains(name) }) else {
      throw FineTuningError.unknown(name, as: "method", among: names)
    }
    return type
  }
}

extension AdapterConfiguration {
  /// The names of all methods.
  public static var methodNames: [String] { AdapterMethods.names }
}

extension FineTuningError {
  /// An error for a name that is none of those known, with similar ones.
  static func unknown(_ name: String, as kind: String, among known: [String]) -> FineTuningError {
    let near = nearNames(to: name, among: known)
    return .invalidSetting(
      name: kind, expected: known.isEmpty ? "no choices" : known.joined(separator: ", "),
      found: near.isEmpty ? name : "\(name); did you mean \(near.joined(separator: ", "))?")
  }
}
