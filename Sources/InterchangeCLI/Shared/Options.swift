import ArgumentParser
import Foundation
import Interchange

/// The options of every command.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Print one JSON document on standard output; progress goes to standard error.")
  var json = false

  @Option(.seed, "The seed of every random number.") var seed: UInt64 = 0

  @Option(.counts(from: 1, to: 4096), "Threads to use; by default one a core.")
  var threads: Int?

  @Option(help: ArgumentHelp("Where results and figures are written.", valueName: "dir"))
  var out: String?

  @Option(
    help: ArgumentHelp(
      "Write the command as a document that `run` takes, instead of running it.",
      valueName: "file"))
  var saveAs: String?

  /// Shows a piece of text as it is written, unless one document is asked for.
  func show(_ piece: String) {
    if !json { Output.show(piece) }
  }

  func validate() throws {
    if let threads { Parallel.threads = threads }
  }
}

/// A file or folder that is given in the place of another, and where it belongs.
struct MisplacedInput: ClassifiedError, CustomStringConvertible {
  let description: String
  var failure: Failure { .badInput }
}

/// The model that a command reads.
struct ModelArgument: ParsableArguments {
  static let help: ArgumentHelp = """
    A GGUF file, a folder with config.json, weights and a tokenizer, or a name in the Hugging Face \
    cache.
    """

  @Argument(help: ModelArgument.help) var model: String
  @OptionGroup var form: WeightOptions

  func load() throws -> LanguageModel {
    do {
      if let context = CommandContext.current {
        return try context.models.model(model, form.weights)
      }
      let model = try LanguageModel(contentsOf: model, weights: form.weights)
      for note in model.notes { Output.note("note: \(note)") }
      return model
    } catch {
      // Why an adapter is no model is of less use than where it belongs.
      guard let advice = ForeignAdapters.adviceForModel(at: model) else { throw error }
      throw MisplacedInput(description: advice)
    }
  }
}

/// Positions of a text and its source, and a head.
struct PlaceOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Positions: an index (negative from the end), a list 0,2,5, f3, l2, f7+l7, all, or the name of \
      a span.
      """, valueName: "p"))
  var position = "-1"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Positions in the source, where they aren't the base's.", valueName: "p"))
  var sourcePosition: String?

  @Option(.place, "One head's part of the vector.") var head: Int?

  /// The positions that are changed.
  var positions: Positions { Positions(parsing: position) }

  /// The positions that are read in the source; nil for the base's.
  var sourcePositions: Positions? { sourcePosition.map { Positions(parsing: $0) } }
}

/// Places in a model that are changed together: a component in a layer, or in several.
struct SiteOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The component, such as block_output or head_attention_value_output.", valueName: "name"))
  var site = "block_output"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The layer, from 0; of several, such as 10-12, all are changed alike.", valueName: "n"))
  var layer: LayerOption

  @OptionGroup var place: PlaceOptions

  /// The sites, one for each layer.
  func resolved(in model: LanguageModel) throws -> [Site] {
    try layer.layers(of: model).map {
      try Site(named: site, layer: $0, head: place.head, place.positions)
    }
  }
}

extension LayerSelection {
  /// Layers as a user names them.
  ///
  /// - Throws: a usage error when the text is something else.
  init(option: String, _ text: String) throws {
    guard let selection = LayerSelection(parsing: text) else {
      throw ValidationError("\(option): expected a list such as 10-20 or 8,12, or all, got \(text)")
    }
    self = selection
  }

  /// Heads as a user names them.
  ///
  /// - Throws: a usage error when the text is something else.
  init(heads text: String) throws {
    guard let selection = LayerSelection(parsing: text) else {
      throw ValidationError("expected heads such as 3, 0,4 or 0-8, or all, got \(text)")
    }
    self = selection
  }
}
