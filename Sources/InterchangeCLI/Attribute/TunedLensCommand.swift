import ArgumentParser
import Foundation
import Interchange

/// `interchange tuned-lens`: the maps from each layer to the last.
struct TunedLensCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tuned-lens",
    abstract: "Fit an affine map from each layer to the last one: a tuned lens.",
    discussion: """
      The maps are fitted by least squares on the vectors of the texts (arXiv 2303.08112, \
      2303.09435), and measured on texts that are held out, beside the logit lens. With --out, \
      tuned-lens.safetensors is for `lens --tuned`.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: ArgumentHelp("A file with a text in each line.", valueName: "file"))
  var texts: String
  @Option(.counts(from: 2, to: 1_000_000), "Positions at most that are fitted.")
  var positions = TunedLensSettings().positions
  @Option(.counts(from: 1, to: 1_000_000), "Positions at most that are held out.")
  var heldOutPositions = TunedLensSettings().heldOutPositions
  @Option(.countOrNone, "Positions at the beginning of each text that are left out.")
  var skip = TunedLensSettings().skipped
  @OptionGroup var common: CommonOptions

  func run() throws {
    let model = try model.load()
    let lines = try TextLines.read(URL(userPath: texts))
    let writer = try RunWriter(self, common, model, writing: [TunedLens.fileName])
    var settings = TunedLensSettings()
    (settings.positions, settings.heldOutPositions) = (positions, heldOutPositions)
    (settings.skipped, settings.seed) = (skip, common.seed)
    let progress = ProgressLine("tuned lens")
    let (lens, fit) = try model.fitTunedLens(on: lines, settings: settings) {
      progress.update($0, of: $1)
    }
    try writer.finish(
      RunResults(fit),
      files: { folder in
        let url = folder.appending(component: TunedLens.fileName)
        try lens.write(to: url, metadata: ["model": writer.identity?.identity ?? ""])
        return [url]
      }, show: { Output.print(fit.table) })
  }
}
