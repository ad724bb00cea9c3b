import ArgumentParser
import Foundation
import Interchange

/// Which task's pairs an experiment uses.
struct TaskOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "\(BuiltInTasks.forLanguageModels.map(\.name).joined(separator: ", ")).", valueName: "name"))
  var task = "agreement"

  @Option(
    help: ArgumentHelp(
      "What the interchange changes; the task's usual variable by default.", valueName: "name"))
  var variable: String?

  @Option(help: ArgumentHelp("Pairs in all, train and test.", valueName: "n"))
  var pairs = 512

  func data(for model: LanguageModel, store: ActivationStore, seed: UInt64) throws -> TaskData {
    guard pairs >= 8 else { throw ValidationError("--pairs must be at least 8.") }
    return try TaskData(
      task: task, variable: variable, count: pairs, for: model, store: store, seed: seed)
  }
}

/// Makes the record of a command's run and writes it where the user asked.
struct RunWriter {
  let command: String
  let started = Date()
  let folder: URL?
  let seed: UInt64
  let identity: RunRecord.ModelIdentity?

  /// Checks before any work that the folder can be written.
  init(_ command: String, _ common: CommonOptions, _ model: LanguageModel?) throws {
    self.command = command
    seed = common.seed
    folder = try common.out.map { try Self.writableFolder($0) }
    // As the user gave it: a record that is shared names no folders of this machine.
    identity = try model.map { .init(path: $0.url.relativePath, identity: try $0.identity()) }
  }

  func record(_ results: RunResults) -> RunRecord {
    RunRecord(
      command: command, arguments: Array(CommandLine.arguments.dropFirst()), model: identity,
      seed: seed, started: started, results: results)
  }

  /// Writes the record, its figures and other files, and says where they are.
  func write(_ record: RunRecord, _ more: (URL) throws -> [URL] = { _ in [] }) throws {
    guard let folder else { return }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let files = try more(folder) + record.write(to: folder)
    for file in files { Output.note("wrote \(file.path)") }
  }

  static func writableFolder(_ path: String) throws -> URL {
    let url = URL(userPath: path)
    let files = FileManager.default
    // The probe leaves nothing behind: folders that it made go again until there is a result.
    var made: [URL] = []
    var folder = url
    while folder.path != "/" && !files.fileExists(atPath: folder.path) {
      made.append(folder)
      folder.deleteLastPathComponent()
    }
    // Only when empty: another run may have begun to write there.
    defer { for folder in made { rmdir(folder.path) } }
    do {
      try files.createDirectory(at: url, withIntermediateDirectories: true)
      let probe = url.appending(
        component: ".interchange-\(ProcessInfo.processInfo.processIdentifier)")
      try Data().write(to: probe)
      try files.removeItem(at: probe)
    } catch {
      throw OutputError(description: "\(url.path): the folder can't be written")
    }
    return url
  }
}

/// `interchange das`: the subspace that carries a variable, with its controls.
struct DASCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "das", abstract: "Find the subspace that carries a task's variable.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var task: TaskOptions
  @OptionGroup var site: SiteOptions
  @Option(help: ArgumentHelp("Dimensions of the subspace.", valueName: "k")) var rank = 1
  @Flag(help: "Boundless DAS: learn the number of dimensions; --rank is not used.")
  var boundless = false
  @Option(help: ArgumentHelp("Passes over the training pairs.", valueName: "n")) var epochs = 10
  @Option(help: ArgumentHelp("Pairs in a step.", valueName: "n")) var batch = 32
  @Option(help: ArgumentHelp("The rate after warm-up.", valueName: "rate")) var learningRate = 4e-3
  @Flag(inversion: .prefixedNo, help: "Run the standard controls.") var controls = true
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  private struct Result: Encodable {
    let task: String
    let variable: String
    let site: String
    let rank: Int
    let iia: Double
    let interval: [Double]
    let n: Int
    let controls: [ControlResult]
    let train: Accuracy
    let test: Accuracy
    let check: TaskExamples.Check
    let disjoint: String
    let model: RunRecord.ModelIdentity?
    let seed: UInt64
  }

  func run() throws {
    let site = try site.resolved()
    guard epochs >= 1, batch >= 1, learningRate > 0, learningRate.isFinite else {
      throw ValidationError("--epochs and --batch must be at least 1, --learning-rate above 0.")
    }
    let model = try model.load()
    let width = try model.model.width(of: site)
    guard (1...width).contains(rank) else {
      throw InterventionError.rankOutOfRange(rank: rank, width: width)
    }
    let writer = try RunWriter("das", common, model)
    let store = storeOptions.store(for: [site])
    let data = try task.data(for: model, store: store, seed: common.seed)
    var settings = AlignmentSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (epochs, batch, learningRate)
    settings.seed = common.seed
    let search =
      boundless
      ? DistributedAlignmentSearch(site: site, boundary: LearnedBoundary(), settings: settings)
      : DistributedAlignmentSearch(site: site, dimensions: rank, settings: settings)
    try search.validate(model.model, on: data.train.examples)
    try search.validate(model.model, on: data.test.examples)
    Output.note("train: " + data.train.check.line)
    Output.note("test: " + data.test.check.line)
    let progress = ProgressLine("das")
    let alignment = try search.fit(model.model, on: data.train.examples, store: store) {
      progress.update($0.step, of: $0.steps, detail: String(format: "loss %.3f", $0.loss))
    }
    let report = try alignment.evaluate(
      on: data.test.examples, controls: controls ? Set(ControlKind.allCases) : []
    ) { Output.note("control: \($0)") }

    let run = AlignmentRun(
      task: data.task, variable: data.variable, check: data.test.check, disjoint: data.disjoint,
      report: report, losses: alignment.losses)
    let record = writer.record(RunResults(AlignmentRuns([run])))
    try writer.write(record) { folder in
      let url = folder.appending(component: "rotation.safetensors")
      try alignment.rotation.write(
        to: url, metadata: ["site": site.description, "model": record.model?.identity ?? ""])
      return [url]
    }
    if common.json {
      return try Output.print(
        json: Result(
          task: run.task, variable: run.variable, site: report.site, rank: report.rank,
          iia: report.test.value, interval: report.test.interval, n: report.test.n,
          controls: report.controls, train: report.train, test: report.test,
          check: data.test.check, disjoint: run.disjoint, model: record.model, seed: common.seed))
    }
    Output.print("\(run.task): \(run.variable) at \(report.site), rank \(report.rank)")
    Output.print(report.table())
  }
}

/// `interchange figure`: draws a run's figures again, or prints the record inside a figure.
struct FigureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figure",
    abstract:
      "Draw the figures of a run again from its record, or print the record inside a figure.")

  @Argument(help: "The folder of a run, or with --record a PNG file.") var path: String
  @Option(help: ArgumentHelp("png, svg or pdf.", valueName: "format")) var format = FigureFormat.png
  @Flag(help: "Print the record inside a PNG file.") var record = false
  @OptionGroup var common: CommonOptions

  func run() throws {
    let url = URL(userPath: path)
    if record {
      guard let text = try PNGRecord.read(from: url) else {
        throw RunRecordError.unreadable(path: url.path, reason: "the figure has no record inside")
      }
      return Output.print(text)
    }
    let run = try RunRecord(folder: url)
    let files = try run.writeFigures(
      to: try common.out.map { try RunWriter.writableFolder($0) } ?? url, format: format)
    if common.json { return try Output.print(json: files.map(\.path)) }
    for file in files { Output.print(file.path) }
  }
}

extension FigureFormat: ExpressibleByArgument {}
