import ArgumentParser
import Foundation
import Interchange

/// `interchange import`: an adapter from a folder that pyreft saved.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Make an adapter of a folder that pyreft saved.",
    discussion: """
      The folder has config.json and intkey_*.bin, as pyreft's ReftModel.save writes them; nothing in
      them is executed. Positions and activation function are not saved there: give those that it
      was trained with.
      """)

  @OptionGroup var model: ModelArgument
  @Argument(help: "The folder that pyreft wrote.") var folder: String
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Positions of the prompt: f7+l7, f3, l2, -1, all.", valueName: "p"))
  var positions: String
  @Option(help: "The non-linearity: relu, silu, gelu, gelu_tanh, sigmoid or tanh.")
  var activation: Activation?
  @OptionGroup var common: CommonOptions

  private struct Imported: Encodable {
    let method: String
    let component: Component
    let layer: Int
    let positions: String
    let rank: Int
    let file: String
  }

  func validate() throws {
    guard common.out != nil else { throw ValidationError("--out: a folder for the adapter.") }
  }

  func run() throws {
    guard let out = common.out else { return }
    if let advice = ForeignAdapters.adviceForImport(of: folder) {
      throw MisplacedInput(description: advice)
    }
    let target = try RunWriter.folder(out, writing: [AdapterFile.name, AdapterFile.headName])
    let source = try PyreftFolder(
      contentsOf: URL(userPath: folder))
    let base = try model.load()
    let adapter = try source.adapter(
      for: base, positions: Positions(parsing: positions), activation: activation)
    try AdapterFile.write(adapter, of: base, to: target, writer: interchangeVersion)
    let rows = zip(source.entries, adapter.interventions).map { entry, placed in
      Imported(
        method: entry.form.rawValue, component: entry.component, layer: entry.layer,
        positions: placed.site.positions.description, rank: entry.rank,
        file: "intkey_\(entry.key).bin")
    }
    Output.note("wrote \(target.appending(component: AdapterFile.name).path)")
    if common.json { return try Output.print(json: rows) }
    Output.print(
      ResultTable(
        header: ["method", "site", "layer", "positions", "rank"],
        rows: rows.map {
          [$0.method, $0.component.rawValue, "\($0.layer)", $0.positions, "\($0.rank)"]
        }))
  }
}
