import Foundation

/// The values that a search may choose from for one method: `loreft:rank=2/8:rate=1e-3/4e-3`.
public struct MethodSpace: Sendable, Equatable {
  /// One choice with the values that it may have.
  public struct Axis: Sendable, Equatable {
    /// An ``AdapterChoice`` or a ``MethodChoices/Setting``, by its name.
    public let key: String
    /// At least one, as a user writes it.
    public let values: [String]

    public init(key: String, values: [String]) { (self.key, self.values) = (key, values) }

    /// A method's choice with values.
    public init(_ choice: AdapterChoice, _ values: [String]) {
      self.init(key: choice.name, values: values)
    }

    /// Learning rates.
    public static let rate = Axis(
      key: MethodChoices.Setting.rate.rawValue, values: ["3e-4", "1e-3", "3e-3", "1e-2"])
    /// Learning rates of methods that change much at once.
    public static let wideRate = Axis(key: rate.key, values: ["1e-4"] + rate.values)
    /// Ranks of low-rank edits and updates.
    public static let rank = Axis(.rank, ["1", "4", "8", "16"])
    /// Shares that are left out.
    public static let dropout = Axis(.dropout, ["0", "0.05"])
  }

  /// The method's name.
  public let method: String
  /// The choices, in the order written.
  public let axes: [Axis]

  /// - Parameter text: a method, and its choices with values separated by slashes; a method alone
  ///   has the axes that it names itself
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)``.
  public init(parsing text: String) throws {
    let written = try MethodChoices(parsing: text)
    method = written.method
    guard AdapterMethods.names.contains(method) else {
      throw FineTuningError.unknown(method, as: "methods", among: AdapterMethods.names)
    }
    axes =
      written.choices.isEmpty
      ? try AdapterMethods.named(method).searched(method)
      : written.choices.map {
        Axis(key: $0.key, values: $0.value.split(separator: "/").map(String.init))
      }
    if let empty = axes.first(where: { $0.values.isEmpty }) {
      throw FineTuningError.invalidSetting(
        name: empty.key, expected: "values separated by /", found: "none")
    }
    let (limit, combinations) = (1 << 20, axes.reduce(1.0) { $0 * Double($1.values.count) })
    guard combinations <= Double(limit) else {
      throw FineTuningError.invalidSetting(
        name: method, expected: "\(limit) combinations at most",
        found: String(format: "%.0f", combinations))
    }
    // Whatever can't be read is said before anything is trained.
    for axis in axes {
      for value in axis.values {
        var configuration = AdapterConfiguration(method: method)
        var settings = FineTuningSettings()
        try MethodChoices(method, [MethodChoices.Choice(axis.key, value)])
          .apply(to: &configuration, &settings)
      }
    }
  }

  /// The number of combinations.
  public var count: Int { axes.reduce(1) { $0 * $1.values.count } }

  /// A combination by its number, from 0.
  public subscript(_ number: Int) -> MethodChoices {
    var rest = number
    return MethodChoices(
      method,
      axes.map { axis in
        defer { rest /= axis.values.count }
        return MethodChoices.Choice(axis.key, axis.values[rest % axis.values.count])
      })
  }
}
