/// A part that every layer of a model has: a component, or one of its heads.
public struct ModelPart: Codable, Sendable, Hashable {
  /// The kind of hidden representation.
  public let component: Component
  /// One head's part of it; nil for all.
  public let head: Int?

  /// A part, whole unless a head is given.
  public init(_ component: Component, head: Int? = nil) {
    (self.component, self.head) = (component, head)
  }

  /// The component, with the head where it is one.
  public var name: String { component.rawValue + (head.map { " \($0)" } ?? "") }
}
