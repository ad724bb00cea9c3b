/// A place in a model: a component of a layer, at chosen positions, whole or one head of it.
public struct Site: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The kind of hidden representation.
  public var component: Component
  /// The layer, counted from 0.
  public var layer: Int
  /// One head's part of the vector, or nil for all of it.
  public var head: Int?
  /// The positions of a sequence.
  public var positions: Positions

  /// A site at all positions unless others are given.
  public init(_ component: Component, layer: Int, head: Int? = nil, _ positions: Positions = .all) {
    (self.component, self.layer, self.head) = (component, layer, head)
    self.positions = positions
  }

  /// A site by its name in the field's list of components, such as `head_query_output`.
  ///
  /// - Throws: ``ModelError/noSuchComponent(component:architecture:)`` for a name that isn't in it,
  ///   or a per-head name without a head.
  public init(named name: String, layer: Int, head: Int? = nil, _ positions: Positions) throws {
    if let component = Component(rawValue: name) {
      self.init(component, layer: layer, head: head, positions)
      return
    }
    let perHead = name.hasPrefix("head_")
    let plain = perHead ? String(name.dropFirst("head_".count)) : name
    guard let component = Component(rawValue: plain), !perHead || component.hasHeads else {
      throw ModelError.noSuchComponent(component: name, architecture: "transformer")
    }
    guard !perHead || head != nil else {
      throw ModelError.invalidInput(expected: "a head number for \(name)", found: "none")
    }
    self.init(component, layer: layer, head: head, positions)
  }

  /// The component's name, with `head_` before it for a single head.
  public var name: String { component.name(isPerHead: head != nil) }

  public var description: String {
    "\(name) \(layer)\(head.map { " head \($0)" } ?? "") @ \(positions)"
  }
}
