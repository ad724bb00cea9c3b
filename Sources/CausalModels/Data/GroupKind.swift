/// A kind of thing that train and test data must not share: nouns, names, entities.
public struct GroupKind: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The kind's name, a plural noun.
  public let rawValue: String

  /// The kind of this name.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Common nouns, in their singular form.
  public static let nouns = GroupKind(rawValue: "nouns")
  /// Given names of people.
  public static let names = GroupKind(rawValue: "names")
  /// Entities with facts about them, such as countries.
  public static let entities = GroupKind(rawValue: "entities")
  /// Objects of a numeric task, by their identity.
  public static let objects = GroupKind(rawValue: "objects")

  /// The kind's name.
  public var description: String { rawValue }
}
