import ArgumentParser
import Foundation
import Interchange

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
