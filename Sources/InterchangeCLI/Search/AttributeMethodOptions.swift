import ArgumentParser
import Foundation
import Interchange

/// The place, the methods' choices and the controls of a comparison of methods.
struct AttributeComparisonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The component, such as block_output or mlp_output.", valueName: "name"))
  var site = "block_output"
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      The layer, from 0. Of several, such as 4-8 or all, the one is taken where a swap of the whole \
      vector causes most on training pairs; by default of six over the depth.
      """, valueName: "n"))
  var layer: LayerOption?
  @Flag(
    help: """
      Take for each method its own of the layers: the best on a quarter of the training pairs after \
      a fit to the others.
      """)
  var ownLayers = false
  @OptionGroup var choices: AttributeMethodOptions
  @OptionGroup var fit: FitOptions
  @Option(.count, "Fits from as many seeds, of methods that have any.") var seeds = 1
  @Flag(inversion: .prefixedNo, help: "Fit every method to a randomly initialized model, too.")
  var randomModel = true
  @OptionGroup var storeOptions: StoreOptions

  func comparison(
    of model: LanguageModel, _ methods: [any AttributeMethod.Type], position: String, seed: UInt64
  ) throws -> AttributeComparison {
    let layers = try layer?.layers(of: model) ?? model.spreadLayers
    guard !ownLayers || layers.count > 1 else {
      throw ValidationError("--own-layers: expected several layers, got --layer \(layers[0])")
    }
    var comparison = AttributeComparison(
      sites: try layers.map {
        try Site(named: site, layer: $0, head: nil, Positions(parsing: position))
      }, methods: methods)
    comparison.choices = try choices.settings()
    comparison.training = fit.settings(seed: seed)
    (comparison.seeds, comparison.hasRandomModel) = (seeds, randomModel)
    comparison.hasOwnSites = ownLayers
    return comparison
  }
}

extension LanguageModel {
  /// Six layers over the depth.
  fileprivate var spreadLayers: [Int] {
    Set((0..<6).map { (2 * $0 + 1) * layers / 12 }).sorted()
  }
}

/// The choices of methods.
struct AttributeMethodOptions: ParsableArguments {
  @Option(.count, "Dimensions of each subspace, of das and mdas.")
  var rank = AttributeMethodSettings().rank
  @Option(
    .strength, "The weight of the mean gate in the loss of dbm and its kind, in nats.",
    valueName: "weight")
  var penalty = GateTraining().penalty
  @Option(
    help: ArgumentHelp(
      "The sparse autoencoder of sae and dbm-sae; by default one is trained on the training texts' vectors.",
      valueName: "path"))
  var autoencoder: String?

  func settings() throws -> AttributeMethodSettings {
    var settings = AttributeMethodSettings()
    (settings.rank, settings.gates.penalty) = (rank, penalty)
    settings.autoencoder.given = try autoencoder.map {
      try SparseAutoencoder.read(contentsOf: URL(userPath: $0)).0
    }
    return settings
  }
}

extension AttributeMethods {
  /// The methods of a list of names, each once.
  ///
  /// - Throws: `ValidationError` for none, one twice, and one that isn't among `known`.
  static func parsed(
    _ list: String, among known: [any AttributeMethod.Type]
  ) throws -> [any AttributeMethod.Type] {
    let names = list.split(separator: ",").map(String.init)
    guard !names.isEmpty, Set(names).count == names.count else {
      throw ValidationError("--methods: expected at least one, each once, got \(list)")
    }
    return try names.map { name in
      guard let type = known.first(where: { $0.name == name }) else {
        throw ValidationError(
          "--methods: expected \(known.names), got \(name)")
      }
      return type
    }
  }
}

extension [any AttributeMethod.Type] {
  /// The names, for help and errors.
  var names: String { map { $0.name }.joined(separator: ",") }

  /// The names with what each is.
  var summaries: String { map { "\($0.name) (\($0.summary))" }.joined(separator: ", ") }
}

extension FitProgressLines {
  /// Shows a step of a comparison.
  func show(_ event: AttributeComparison.Event) {
    switch event {
    case .note(let text): Output.note(text)
    case .fitting(let step): show(step)
    }
  }
}

extension Output {
  /// Tables with their titles and notes, an empty line between them, and remarks below the first.
  static func print(_ tables: [ResultTable], remarks: [String]) {
    for (index, table) in tables.enumerated() {
      if index > 0 { print("") }
      print([table.title, table.note].joined(separator: " "))
      print(table)
      if index == 0 { for remark in remarks { print(remark) } }
    }
  }
}
