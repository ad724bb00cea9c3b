import ArgumentParser
import Foundation
import Interchange

/// `interchange subspaces`: subspaces that `das` found, beside one another.
struct SubspacesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "subspaces",
    abstract: "Compare found subspaces: angles, shared variance, and each on the others' pairs.")

  @Argument(help: ArgumentHelp("Folders that `das` wrote, two or more.", valueName: "dir"))
  var folders: [String]
  @Option(
    help: ArgumentHelp("The runs' model; by default where their records say.", valueName: "path"))
  var model: String?
  @OptionGroup var form: WeightOptions
  @Flag(
    inversion: .prefixedNo,
    help: "Swap each subspace on the test pairs of each run, made again from its record.")
  var swaps = true
  @OptionGroup var storeOptions: StoreOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard folders.count >= 2 else { throw ValidationError("two folders or more are needed.") }
  }

  func run() throws {
    let runs = try folders.map(SubspaceFolder.init)
    var comparison = try SubspaceComparison(
      zip(SubspaceFolder.names(of: runs), runs).map { ($0, $1.rotation) },
      sites: runs.map(\.siteName), seed: common.seed)
    let identities = Set(runs.compactMap { $0.record.model?.identity })
    guard !swaps || identities.count == 1 else {
      throw ValidationError(
        "the runs are of \(identities.count) models, expected one; --no-swaps compares the "
          + "subspaces alone.")
    }
    let loaded = swaps ? try loadedModel(of: runs[0]) : nil
    let writer = try RunWriter(self, common, loaded)
    if let loaded {
      let found = try runs.map { run in
        let (command, site) = try run.search(in: loaded)
        // As `das` made them, with that run's seed.
        let data = try command.task.data(
          for: loaded, store: storeOptions.store(for: [site]), seed: run.record.seed)
        return FoundSubspace(rotation: run.rotation, site: site, data: data)
      }
      try comparison.swap(found, in: loaded, store: storeOptions.store(for: found.map(\.site))) {
        Output.note($0)
      }
    }
    try writer.finish(RunResults(comparison)) {
      for (index, table) in comparison.tables.enumerated() {
        if index > 0 { Output.print("") }
        Output.print(table)
      }
    }
  }

  private func loadedModel(of run: SubspaceFolder) throws -> LanguageModel {
    guard let recorded = run.record.model else {
      throw ValidationError("\(run.path): the record names no model; use --no-swaps.")
    }
    let model = try LanguageModel(contentsOf: model ?? recorded.path, weights: form.weights)
    let identity = try model.identity()
    guard identity == recorded.identity else {
      throw ValidationError(
        "\(model.url.path): the weights' hash is \(identity), the runs' was \(recorded.identity).")
    }
    for note in model.notes { Output.note("note: \(note)") }
    return model
  }
}

/// A folder that `das` wrote.
private struct SubspaceFolder {
  let path: String
  let rotation: Rotation
  let siteName: String
  let record: RunRecord

  init(_ path: String) throws {
    let folder = URL(userPath: path)
    self.path = path
    record = try RunRecord(folder: folder)
    let file = folder.appending(component: "rotation.safetensors")
    let (rotation, metadata) = try Rotation.read(contentsOf: file)
    self.rotation = rotation
    siteName =
      metadata["site"] ?? record.results.alignments?.first?.report.site ?? "an unknown site"
  }

  /// The last parts of the folders' paths, or the paths where those are the same.
  static func names(of folders: [SubspaceFolder]) -> [String] {
    let short = folders.map { URL(userPath: $0.path).lastPathComponent }
    return Set(short).count == short.count ? short : folders.map(\.path)
  }

  /// The command that made it, and the site at which it ended.
  func search(in model: LanguageModel) throws -> (command: DASCommand, site: Site) {
    guard let command = try? DASCommand.parse(Array(record.arguments.dropFirst())),
      let site = try command.site.resolved(in: model).first(where: { $0.description == siteName })
    else {
      throw ValidationError(
        "\(path): expected a run of das, whose pairs can be made again; --no-swaps compares the "
          + "subspaces alone.")
    }
    return (command, site)
  }
}
