import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

/// `interchange gather`: the parts of an experiment put together.
struct GatherCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gather",
    abstract: "Put the parts of an experiment together that were run apart.",
    discussion: """
      Each DIR is the --out of `run FILE --points …`. Document, version, model and data have to \
      be the same in all of them, and every point has to be in one.
      """)

  @Argument(help: ArgumentHelp("The folders of the parts.", valueName: "dir"))
  var folders: [String]
  @Option(help: ArgumentHelp("The folder of the whole; may be one of them.", valueName: "dir"))
  var out: String
  @Flag(help: "Print the record on standard output; progress goes to standard error.")
  var json = false

  func run() throws {
    let url = URL(userPath: out)
    let record = try ExperimentFolder.gather(folders.map { URL(userPath: $0) }, to: url)
    try ExperimentOutput.finish(record, in: url, json: json)
  }
}

/// The results of a whole experiment, written and shown.
enum ExperimentOutput {
  static func finish(_ record: RunRecord, in folder: URL, json: Bool) throws {
    for file in try record.write(to: folder) { Output.note("wrote \(file.path)") }
    if json { return Output.print(json: try record.json()) }
    for (index, table) in record.results.all.flatMap(\.tables).enumerated() {
      let heading = [table.title, table.note].filter { !$0.isEmpty }.joined(separator: " ")
      Output.print((index > 0 ? "\n" : "") + heading)
      Output.print(table)
    }
  }
}
