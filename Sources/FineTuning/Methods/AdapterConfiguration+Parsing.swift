import InterchangeModels
import InterchangeTensors

extension AdapterConfiguration {
  /// Makes a choice as a user writes it.
  ///
  /// - Parameter choice: any but ``AdapterChoice/subspace``, which is a file
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for a text that can't be read,
  ///   `ModelError` for an unknown component.
  public mutating func set(_ choice: AdapterChoice, to text: String) throws {
    func read<T>(_ expected: String, _ value: T?) throws -> T {
      guard let value else {
        throw FineTuningError.invalidSetting(
          name: choice.rawValue, expected: expected, found: text)
      }
      return value
    }
    switch choice {
    case .layers: layers = try read("all or a list such as 0,4-7", LayerSelection(parsing: text))
    case .component: component = try Site(named: text, layer: 0, .all).component
    case .positions: positions = Positions(parsing: text)
    case .isTied: isTied = try !read("true or false", Bool(text))
    case .projections:
      projections = try read(
        "a list of \(Projection.allCases.map(\.rawValue).joined(separator: ", "))",
        Projection.list(parsing: text))
    case .rank: rank = try read("a number", Int(text))
    case .alpha: alpha = try read("a number", Double(text).flatMap { $0.isFinite ? $0 : nil })
    case .activation:
      activation = try read(
        Activation.allCases.map(\.rawValue).joined(separator: ", "), Activation(rawValue: text))
    case .dropout: dropout = try read("a number", Double(text))
    case .tokens: tokens = try read("a number", Int(text))
    case .members: members = try read("a number", Int(text))
    case .initialization: initialization = SoftTokens.Initialization(parsing: text)
    case .encoderWidth: encoderWidth = try read("a number", Int(text))
    case .share: share = try read("a number", Double(text))
    case .penalty: penalty = try read("a number", Double(text))
    case .coefficient: coefficient = try read("a number", Double(text))
    case .subspace: _ = try read("--subspace", Never?.none)
    }
  }
}

extension Projection {
  /// A list such as `query,value` or `query+value`; `all` names every one. nil for anything else.
  static func list(parsing text: String) -> [Projection]? {
    if text == "all" { return allCases }
    let names = text.split(whereSeparator: { $0 == "," || $0 == "+" })
    let found = names.compactMap { Projection(rawValue: String($0)) }
    return found.count == names.count && Set(found).count == found.count && !found.isEmpty
      ? found : nil
  }
}
