import ArgumentParser
import Foundation
import Interchange

/// `interchange features`: what the features of a sparse autoencoder respond to.
struct FeaturesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Show what a sparse autoencoder's features respond to, and what they do.",
    discussion: """
      The autoencoder is a file or folder of SAELens, Gemma Scope (npz), dictionary_learning or \
      sparsify. The share of the variance that it explains and how many features are active at a \
      position are always printed. With --out, a figure of the features over a text's tokens.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: ArgumentHelp("The sparse autoencoder.", valueName: "path")) var sae: String
  @Option(
    help: ArgumentHelp("The component that it was trained on.", valueName: "name"))
  var site = "block_output"
  @Option(.place, "The layer, from 0.") var layer: Int
  @Option(help: ArgumentHelp("A file with a text in each line.", valueName: "file"))
  var texts: String?
  @Option(
    help: "The text of the figure and of --clamp; by default the first of --texts.")
  var text: String?
  @Option(
    help: ArgumentHelp(
      "The features, such as 3,17; by default those with the largest values.", valueName: "list"))
  var features: String?
  @Option(.count, "How many features, without --features.", valueName: "k") var top = 10
  @Option(.count, "How many texts of each feature.") var examples = 3
  @Option(.countOrNone, "Positions at the beginning of each text that aren't counted.")
  var skip = 1
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      """
      Set a feature to a value at every position, and show the likeliest next tokens before and \
      after; may be given several times.
      """, valueName: "feature=value"))
  var clamp: [String] = []
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard texts != nil || text != nil else {
      throw ValidationError("--texts or --text is needed.")
    }
    _ = try chosen()
    _ = try values()
  }

  func run() throws {
    let autoencoder = try SparseAutoencoder.read(contentsOf: URL(userPath: sae))
    let model = try model.load()
    let site = try Site(named: site, layer: layer, head: nil, .all)
    let lines = try texts.map { try TextLines.read(URL(userPath: $0)) } ?? []
    let shown = text ?? lines[0]
    let writer = try RunWriter(self, common, model)
    Output.note("autoencoder: \(autoencoder.layout)")
    let progress = ProgressLine("texts")
    var activity = try model.featureActivity(
      of: autoencoder.0, at: site, over: lines.isEmpty ? [shown] : lines, features: chosen(),
      top: top, examples: examples, skipping: skip, traced: shown
    ) { progress.update($0, of: $1) }
    let values = try values()
    if !values.isEmpty {
      activity.clamping = try model.clamping(values, of: autoencoder.0, at: site, after: shown)
    }
    if let explained = activity.explained, explained < 0 {
      Output.note(
        "note: the features explain less than nothing of the variance: they are of another site or "
          + "model, untrained, or those of a transcoder")
    }
    try writer.finish(RunResults(activity)) {
      for (index, table) in activity.tables.enumerated() {
        if index > 0 { Output.print("") }
        Output.print([table.title, table.note].joined(separator: " "))
        Output.print(table)
      }
    }
  }

  private func chosen() throws -> [Int]? {
    try features.map { list in
      try list.split(separator: ",", omittingEmptySubsequences: false).map {
        guard let index = Int($0), index >= 0 else {
          throw ValidationError("--features: expected a list such as 3,17, got \(list)")
        }
        return index
      }
    }
  }

  private func values() throws -> [Int: Double] {
    var values: [Int: Double] = [:]
    for text in clamp {
      let parts = text.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let feature = Int(parts[0]), feature >= 0,
        let value = Double(parts[1]), abs(value) <= 1e6
      else {
        throw ValidationError("--clamp: expected feature=value such as 17=8, got \(text)")
      }
      guard values.updateValue(value, forKey: feature) == nil else {
        throw ValidationError("--clamp: feature \(feature) is given twice.")
      }
    }
    return values
  }
}
