import Foundation
import InterchangeBasics
import InterchangeModels

/// A choice that users have with a method: its name, what it may be, and how it is read and shown.
///
/// Those that several methods share are in `SharedChoices.swift`, a method's own in the method's
/// file:
///
/// ```
/// extension AdapterChoice {
///   static let strength = number(
///     "strength", "How strong the edit is.", valueName: "s", range: "0 or more") { $0 >= 0 }
/// }
/// extension AdapterConfiguration {
///   var strength: Double? { get { self[.strength] } set { self[.strength] = newValue } }
/// }
/// ```
public struct AdapterChoice: Sendable {
  /// A value of a choice.
  public typealias Value = Codable & Equatable & Sendable

  /// The name, as the command line spells it.
  public let name: String
  /// The name that it has in records.
  public let key: String
  /// A sentence for users.
  public let help: String
  /// A name for its values; nil for a flag, which is given or not.
  public let valueName: String?
  /// The values that are taken, in words.
  public let range: String
  /// The default, in words.
  public private(set) var defaultText = "none"
  /// The look of a text that can be read.
  private let form: String
  private let read: @Sendable (String) throws -> (any Value)?
  private let show: @Sendable (any Value) -> String
  private let isInRange: @Sendable (any Value) -> Bool
  private let isNeutral: @Sendable (any Value) -> Bool
  private let restore: @Sendable (JSONValue) throws -> any Value
  private var standard: @Sendable (AdapterConfiguration, LanguageModel) throws -> (any Value)? = {
    _, _ in nil
  }

  /// A choice of any kind of value.
  ///
  /// - Parameters:
  ///   - name: as the command line spells it
  ///   - key: the name in records, where it is another
  ///   - valueName: nil for a flag
  ///   - form: what a text must look like to be read
  ///   - range: the values that are taken, in words; the form when nil
  ///   - neutral: a value that chooses nothing, which every method takes
  ///   - read: nil for a text that is no value
  ///   - show: the text of a value, which `read` reads
  ///   - isInRange: whether a value is one of `range`
  public init<Chosen: Value>(
    _ name: String, key: String? = nil, _ help: String, valueName: String?, form: String,
    range: String? = nil, neutral: Chosen? = nil,
    read: @escaping @Sendable (String) throws -> Chosen?,
    show: @escaping @Sendable (Chosen) -> String = { "\($0)" },
    isInRange: @escaping @Sendable (Chosen) -> Bool = { _ in true }
  ) {
    (self.name, self.key, self.help) = (name, key ?? name, help)
    (self.valueName, self.form, self.range) = (valueName, form, range ?? form)
    self.read = read
    self.show = { value in (value as? Chosen).map(show) ?? "\(value)" }
    self.isInRange = { value in (value as? Chosen).map(isInRange) ?? false }
    isNeutral = { value in neutral != nil && value as? Chosen == neutral }
    restore = { try JSONDecoder().decode(Chosen.self, from: JSONEncoder().encode($0)) }
  }

  /// A choice of an integer.
  public static func integer(
    _ name: String, key: String? = nil, _ help: String, valueName: String = "n", range: String,
    isInRange: @escaping @Sendable (Int) -> Bool = { _ in true }
  ) -> AdapterChoice {
    AdapterChoice(
      name, key: key, help, valueName: valueName, form: "a number", range: range,
      read: { Int($0) }, isInRange: isInRange)
  }

  /// A choice of a finite number.
  public static func number(
    _ name: String, key: String? = nil, _ help: String, valueName: String = "x", range: String,
    neutral: Double? = nil, isInRange: @escaping @Sendable (Double) -> Bool = { _ in true }
  ) -> AdapterChoice {
    AdapterChoice(
      name, key: key, help, valueName: valueName, form: "a number", range: range,
      neutral: neutral, read: { Double($0).flatMap { $0.isFinite ? $0 : nil } },
      isInRange: { $0.isFinite && isInRange($0) })
  }

  /// The choice of a method that takes a value where nothing is chosen.
  public func defaulting(to value: some Value) -> AdapterChoice {
    defaulting(to: show(value)) { _, _ in value }
  }

  /// The choice of a method that takes a value which follows from the choices before it in the
  /// method's list, and from the model.
  ///
  /// - Parameters:
  ///   - words: what that is
  ///   - value: nil where the method does without
  public func defaulting(
    to words: String,
    _ value: @escaping @Sendable (AdapterConfiguration, LanguageModel) throws -> (any Value)? = {
      _, _ in nil
    }
  ) -> AdapterChoice {
    var choice = self
    choice.defaultText = words
    choice.standard = value
    return choice
  }

  /// The value that a text means.
  ///
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for a text that can't be
  ///   read or whose value is not taken, `ModelError` for an unknown component.
  public func value(of text: String) throws -> any Value {
    guard let value = try read(text) else {
      throw FineTuningError.invalidSetting(name: name, expected: form, found: text)
    }
    try check(value)
    return value
  }

  /// The form that a text that can't be read should have; nil for one that can.
  public func misreading(of text: String) -> String? {
    // A thrown error says more when the choice is made.
    do { return try read(text) == nil ? form : nil } catch { return nil }
  }

  /// Refuses a value that is not taken.
  func check(_ value: any Value) throws {
    guard isInRange(value) else {
      throw FineTuningError.invalidSetting(name: name, expected: range, found: show(value))
    }
  }

  /// The text of a value, as a user writes it.
  public func text(of value: any Value) -> String { show(value) }

  /// True for a value that chooses nothing.
  func choosesNothing(_ value: any Value) -> Bool { isNeutral(value) }

  /// The value that a record holds.
  func value(from record: JSONValue) throws -> any Value { try restore(record) }

  /// The value where nothing is chosen.
  func standardValue(
    _ configuration: AdapterConfiguration, _ model: LanguageModel
  ) throws -> (any Value)? {
    try standard(configuration, model)
  }
}
