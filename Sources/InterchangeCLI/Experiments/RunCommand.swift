import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

/// `interchange run`: an experiment's document, or a record again.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run an experiment's document, or the command of a record again.",
    discussion: """
      A document has a model, options that all steps share, and steps, each a command with its \
      options by their names. Lists multiply: `layers: 0-29`, `ranks: [1, 2, 4]`, `seeds: 3`. \
      Every point is a folder below --out; a run that was stopped goes on with --resume. \
      `gather` puts parts together.
      A run.json is run again, and the numbers are compared with its own.
      """)

  @Argument(
    help: ArgumentHelp(
      "A document (.yaml, .json), or a run.json or its folder.", valueName: "file"))
  var file: String
  @Option(
    help: ArgumentHelp(
      "The points to run, such as 0:40 for the first forty; by default all.", valueName: "a:b"))
  var points: String?
  @Flag(help: "Show the points with their estimated time and memory, and run nothing.")
  var dryRun = false
  @Flag(help: "Keep the points that an earlier run in --out finished, and go on.") var resume =
    false
  @Flag(help: "Print one JSON document on standard output; progress goes to standard error.")
  var json = false
  @Option(.counts(from: 1, to: 4096), "Threads to use; by default one a core.") var threads: Int?
  @Option(
    help: ArgumentHelp(
      "Where the points and the results are written; by default after the document's name.",
      valueName: "dir"))
  var out: String?

  func validate() throws {
    if let threads { Parallel.threads = threads }
  }

  func run() throws {
    let url = URL(userPath: file)
    let isRecord = url.isFolder || url.lastPathComponent == "run.json"
    let document: ExperimentDocument
    if isRecord {
      let record = try RunRecord(folder: url.isFolder ? url : url.deletingLastPathComponent())
      guard let (text, source) = record.experimentDocument else {
        guard points == nil, !resume, !dryRun else {
          throw ValidationError("--points, --resume and --dry-run are for documents.")
        }
        return try RepeatedRun(record, path: file).run(out: out, json: json)
      }
      guard out != nil || dryRun else {
        throw ValidationError("--out: the folder in which the experiment is run again.")
      }
      document = try ExperimentDocument(text, source: source)
    } else {
      document = try ExperimentDocument(contentsOf: file)
    }
    try ExperimentRun(document).run(self)
  }
}
