import ArgumentParser
import Interchange

/// Components, or heads of components, as options name them: each is a map or a column of its own.
struct ComponentPlaces {
  private let components: [Component]
  private let heads: LayerSelection?

  /// - Parameters:
  ///   - names: components, separated by commas
  ///   - heads: such as 0,3 or all; nil for whole components
  /// - Throws: for names that are no components, and lists that are none of heads.
  init(_ names: String, heads: String?) throws {
    self.heads = try heads.map { try LayerSelection(heads: $0) }
    let named = try names.split(separator: ",", omittingEmptySubsequences: false).map { name in
      // A name that is for single heads has to be given one; which ones is seen when the model is
      // there.
      try Site(named: String(name), layer: 0, head: heads == nil ? nil : 0, .all).component
    }
    components = named.indices.filter { !named[..<$0].contains(named[$0]) }.map { named[$0] }
  }

  /// The places in a model, one after another.
  ///
  /// - Throws: `ModelError` for a component or a head that it lacks.
  func resolved(in model: Model) throws -> [ModelPart] {
    try components.flatMap { component in
      guard let heads else {
        try model.validate(component, layer: 0)
        return [ModelPart(component)]
      }
      return try heads.resolvedHeads(component, of: model).map {
        ModelPart(component, head: $0)
      }
    }
  }
}
