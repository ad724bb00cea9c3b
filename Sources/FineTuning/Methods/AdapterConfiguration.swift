import Foundation
import InterchangeBasics
import InterchangeModels

/// A method with the choices that a user made for it; the others have defaults of the method's own.
///
/// Each choice has a property, declared where the choice is, such as `rank` or `positions`.
public struct AdapterConfiguration: Sendable {
  /// The method's name, such as `loreft`.
  public var method: String
  /// The chosen values, by the names that the choices have in records.
  private var values: [String: any AdapterChoice.Value] = [:]

  public init(method: String) { self.method = method }

  /// A chosen value; nil for nothing.
  public subscript<Chosen: AdapterChoice.Value>(choice: AdapterChoice) -> Chosen? {
    get {
      let value = values[choice.key]
      // Read from a record before the choice was known.
      let known = (value as? JSONValue).flatMap { try? choice.value(from: $0) }
      return (known ?? value) as? Chosen
    }
    set { values[choice.key] = newValue }
  }

  /// A value that a method needs, chosen or its default.
  ///
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` where there is none.
  public func value<Chosen: AdapterChoice.Value>(
    _ choice: AdapterChoice, as type: Chosen.Type = Chosen.self
  ) throws -> Chosen {
    guard let value: Chosen = self[choice] else {
      throw FineTuningError.invalidSetting(
        name: choice.name, expected: choice.range, found: "none")
    }
    return value
  }

  /// Makes a choice as a user writes it.
  ///
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for a text that can't be
  ///   read or a value that is not taken, `ModelError` for an unknown component.
  public mutating func set(_ choice: AdapterChoice, to text: String) throws {
    values[choice.key] = try choice.value(of: text)
  }

  /// Makes a choice by its name, as the command line spells it.
  ///
  /// - Throws: as ``set(_:to:)-(AdapterChoice,_)``, and ``FineTuningError`` for an unknown method
  ///   or a choice that it doesn't have, with those of similar names.
  public mutating func set(_ name: String, to text: String) throws {
    let choices = try AdapterMethods.named(method).choices
    if let choice = choices.first(where: { $0.name == name }) {
      return try set(choice, to: text)
    }
    guard let others = AdapterMethods.choices.first(where: { $0.name == name }) else {
      throw FineTuningError.unknown(name, as: method, among: choices.map(\.name))
    }
    guard others.choosesNothing(try others.value(of: text)) else { throw missing(others.name) }
  }

  private func missing(_ name: String) -> FineTuningError {
    .invalidSetting(
      name: name, expected: "nothing, as \(method) has no such choice", found: "a choice")
  }

  /// The configuration with every default of the method filled in: all that decides what is
  /// trained.
  ///
  /// A default that depends on the model, such as the projections that it has, is the model's. A
  /// choice that the method does without stays open.
  ///
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for an unknown method.
  public func effective(for model: LanguageModel) throws -> AdapterConfiguration {
    var full = self
    for choice in try AdapterMethods.named(method).choices where full.values[choice.key] == nil {
      full.values[choice.key] = try choice.standardValue(full, model)
    }
    return full
  }

  /// An untrained adapter of this configuration.
  ///
  /// - Parameters:
  ///   - seed: of what starts at random
  ///   - inputs: a subspace to use, steering vectors
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for an unknown method or a
  ///   choice that the method doesn't have, `ModelError` or `InterventionError` for one that
  ///   doesn't fit.
  public func makeAdapter(
    for base: LanguageModel, seed: UInt64 = 0, inputs: AdapterInputs = AdapterInputs()
  ) throws -> any Adapter {
    let type = try AdapterMethods.named(method)
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      if let choice = type.choices.first(where: { $0.key == key }) {
        try choice.check((value as? JSONValue).map { try choice.value(from: $0) } ?? value)
      } else {
        let other = AdapterMethods.choices.first { $0.key == key }
        guard other?.choosesNothing(value) == true else { throw missing(other?.name ?? key) }
      }
    }
    if inputs.subspace != nil, !type.inputs.contains(.subspace) { throw missing("subspace") }
    return try type.make(effective(for: base), for: base, seed: seed, inputs: inputs)
  }
}

extension AdapterConfiguration: Equatable {
  public static func == (a: Self, b: Self) -> Bool {
    func isEqual<Chosen: AdapterChoice.Value>(
      _ value: Chosen, _ other: (any AdapterChoice.Value)?
    ) -> Bool { other as? Chosen == value }
    return a.method == b.method && a.values.count == b.values.count
      && a.values.allSatisfy { key, value in isEqual(value, b.values[key]) }
  }
}

/// An object with the method and what was chosen, each by the name of its choice; what no known
/// method chooses is kept as it stands.
extension AdapterConfiguration: Codable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    static let method = Key(stringValue: "method")
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(method: try container.decode(String.self, forKey: .method))
    let own = (try? AdapterMethods.named(method).choices) ?? []
    let known = own + AdapterMethods.choices
    for key in container.allKeys where key.stringValue != Key.method.stringValue {
      let record = try container.decode(JSONValue.self, forKey: key)
      guard record != .null else { continue }
      let choice = known.first { $0.key == key.stringValue }
      values[key.stringValue] = try choice?.value(from: record) ?? record
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(method, forKey: .method)
    for (key, value) in values { try container.encode(value, forKey: Key(stringValue: key)) }
  }
}
