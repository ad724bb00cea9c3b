extension LayerSelection {
  /// Heads of a component instead of layers, in rising order, each once.
  ///
  /// - Throws: ``ModelError`` when the component doesn't have them.
  public func resolvedHeads(_ component: Component, of model: Model) throws -> [Int] {
    switch self {
    case .all:
      try model.validate(component, head: 0)
      return Array(0..<(model.architecture.dimensions(of: component)?.heads ?? 0))
    case .layers(let heads):
      for head in heads { try model.validate(component, head: head) }
      return Array(Set(heads)).sorted()
    }
  }
}
