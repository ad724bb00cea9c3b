import InterchangeInterventions

/// A kind of intervention by its name in the field, such as `zero` or `lerp`.
public struct NamedIntervention: Sendable {
  /// A number that some kinds take after a colon: `lerp:0.5`.
  public struct Setting: Sendable {
    /// Its name in messages.
    public let name: String
    /// The values that make sense.
    public let range: ClosedRange<Double>
    /// The value when none is given; nil where one has to be.
    public let usual: Double?

    /// A number.
    public init(_ name: String, in range: ClosedRange<Double>, usual: Double? = nil) {
      (self.name, self.range, self.usual) = (name, range, usual)
    }
  }

  /// The name on the command line and in records.
  public let name: String
  /// The deed, in a phrase.
  public let summary: String
  /// The number that it takes; nil for none.
  public let setting: Setting?
  /// Makes the intervention for the number; 0 where there is none.
  public let make: @Sendable (Double) -> any Intervention
  /// Makes the place of its source vectors, from the number and a seed; nil without sources.
  public let source: (@Sendable (Double, UInt64) -> any InterventionSource)?

  /// A kind of intervention.
  ///
  /// - Parameters:
  ///   - source: makes the place of its source vectors, from the number and a seed
  ///   - make: from the number, 0 where there is none
  public init(
    _ name: String, _ summary: String, setting: Setting? = nil,
    source: (@Sendable (Double, UInt64) -> any InterventionSource)? = nil,
    make: @escaping @Sendable (Double) -> any Intervention
  ) {
    (self.name, self.summary, self.setting) = (name, summary, setting)
    (self.source, self.make) = (source, make)
  }

  /// The form in which a user writes it, such as `lerp:λ`.
  public var usage: String {
    guard let setting else { return name }
    return setting.usual == nil ? "\(name):\(setting.name)" : "\(name)[:\(setting.name)]"
  }
}

/// An intervention that a user has chosen, with its number.
public struct ChosenIntervention: Sendable, CustomStringConvertible {
  /// The kind.
  public let kind: NamedIntervention
  /// Its number; nil where it has none.
  public let value: Double?

  /// The whole vector's interchange.
  public static let interchange = ChosenIntervention(kind: NamedInterventions.interchange)

  init(kind: NamedIntervention, value: Double? = nil) { (self.kind, self.value) = (kind, value) }

  /// Reads what a user writes, such as `zero` or `lerp:0.5`.
  ///
  /// - Throws: ``AlignmentError/invalidSetting(name:expected:found:)``.
  public init(parsing text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let kind = try NamedInterventions.named(String(parts[0]))
    guard let setting = kind.setting else {
      guard parts.count == 1 else {
        throw AlignmentError.invalidSetting(
          name: "intervention", expected: "\(kind.name) without a number", found: text)
      }
      self.init(kind: kind)
      return
    }
    guard parts.count == 2 || setting.usual != nil,
      let value = parts.count == 2 ? Double(parts[1]) : setting.usual,
      setting.range.contains(value)
    else {
      throw AlignmentError.invalidSetting(
        name: "intervention",
        expected: "\(kind.usage) with a number from \(setting.range.lowerBound) to "
          + "\(setting.range.upperBound)", found: text)
    }
    self.init(kind: kind, value: value)
  }

  /// Tells whether it is the whole vector's interchange.
  public var isInterchange: Bool { kind.name == NamedInterventions.interchange.name }

  /// Tells whether its source vectors are those of another text.
  public var readsAnotherText: Bool { source(seed: 0)?.isCounterfactual ?? false }

  /// As a user writes it.
  public var description: String { kind.name + (value.map { ":\($0)" } ?? "") }

  /// The intervention.
  public func make() -> any Intervention { kind.make(value ?? 0) }

  /// The place of its source vectors; nil where it has none.
  public func source(seed: UInt64) -> (any InterventionSource)? { kind.source?(value ?? 0, seed) }
}
