import ArgumentParser
import Interchange

/// The layers that a command goes through.
struct LayersOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The layers, such as 20-29, 0-29:3 or 8,12,-1; all by default.", valueName: "list"))
  var layers: LayerOption?

  /// The layers that are named, of a model of so many; nil where none are.
  func resolved(_ count: Int) throws -> [Int]? { try layers?.selection.resolved(count) }
}

/// The layers, and the heads in them, that a command goes through.
struct HeadLayersOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "One head's part of the vector, several such as 0,3 or 0-8, or all.", valueName: "heads"))
  var head: String?
  @OptionGroup var layers: LayersOptions

  func validate() throws { _ = try heads }

  /// The heads that are named; nil for whole vectors.
  var heads: LayerSelection? { get throws { try head.map { try LayerSelection(heads: $0) } } }
}

/// Components, or heads of components, as options name them: each is a map or a column of its own.
struct ComponentPlaces {
  private let components: [Component]
  private let heads: LayerSelection?

  /// - Parameters:
  ///   - names: components, separated by commas
  ///   - heads: nil for whole components
  /// - Throws: for names that are no components.
  init(_ names: String, heads: LayerSelection?) throws {
    self.heads = heads
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
        try model.validate(component)
        return [ModelPart(component)]
      }
      return try heads.resolvedHeads(component, of: model).map {
        ModelPart(component, head: $0)
      }
    }
  }
}
