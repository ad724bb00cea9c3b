import ArgumentParser
import Interchange

/// `interchange inspect`: what a model is made of.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show a model's architecture, sizes and sites.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var common: CommonOptions

  func run() throws {
    let model = try model.load()
    let description = try model.summary()
    if common.json { return try Output.print(json: description) }
    let names = [
      ("name", description.name), ("revision", description.revision),
      ("commit", description.commit),
    ]
    Output.print(
      ResultTable(
        header: ["", ""],
        rows: names.compactMap { name, value in value.map { [name, $0] } } + [
          ["path", description.path], ["architecture", description.architecture],
          ["identity", description.identity], ["parameters", "\(description.parameters)"],
          ["layers", "\(description.layers)"], ["width", "\(description.width)"],
          ["vocabulary", "\(description.vocabulary)"],
          ["context", "\(description.context)"],
        ]))
    Output.print("")
    let rows = description.sites.map {
      [
        "\($0.name)", "\($0.width)" + ($0.isPerPosition == true ? " · tokens" : ""),
        $0.heads.map { "\($0)" } ?? "-",
      ]
    }
    Output.print(ResultTable(header: ["site", "width", "heads"], rows: rows))
  }
}
