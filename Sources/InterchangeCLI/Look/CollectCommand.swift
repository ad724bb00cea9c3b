import ArgumentParser
import Foundation
import Interchange

/// `interchange collect`: activations of many texts as files.
struct CollectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Write the activations of sites over many texts as safetensors or npy files.",
    discussion: """
      A file [rows, width] of float32 for each site, a row for each position of each text, and \
      manifest.json with the text, the position and the token of each row. Rows are written as \
      they are made; the files appear when all are complete.
      --site also takes TransformerLens's hooks, such as blocks.5.attn.hook_z, whose layers are \
      in their names.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: ArgumentHelp("A file with a text in each line.", valueName: "file"))
  var texts: String?
  @Option(
    help: ArgumentHelp(
      "The texts of a task, a question, a file of labeled texts or of pairs, instead of --texts.",
      valueName: "name"))
  var task: String?
  @Option(
    help: ArgumentHelp(
      "The variable of --task whose value is a text's label; the usual one by default.",
      valueName: "name"))
  var label: String?
  @Option(.count, "How many texts at most; by default 512 of a task, or all of a file.")
  var limit: Int?
  @Option(help: ArgumentHelp("The components, or hooks, separated by commas.", valueName: "names"))
  var site = "block_output"
  @OptionGroup var parts: HeadLayersOptions
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      The positions of each text: an index (negative from the end), a list 0,2,5, f3, l2, all, or \
      the name of a span, such as subject.end.
      """, valueName: "list"))
  var positions = "all"
  @Option(
    help: ArgumentHelp(
      "The form of the files: \(RowFileFormats.all.map { $0.name }.joined(separator: ", ")).",
      valueName: "format"))
  var format = RowFileFormats.all[0].name
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard (texts == nil) != (task == nil) else {
      throw ValidationError("give either --texts or --task.")
    }
    guard label == nil || task != nil else { throw ValidationError("--label is for --task.") }
    guard RowFileFormats.named(format) != nil else {
      throw ValidationError(
        "--format: expected \(RowFileFormats.all.map { $0.name }.joined(separator: " or ")), got "
          + format)
    }
  }

  func run() throws {
    guard common.out != nil else { throw ValidationError("--out: a folder for the files.") }
    let source = try collectedTexts()
    for note in source.notes { Output.note("note: \(note)") }
    let model = try model.load()
    let sites = try sites(of: model)
    guard let format = RowFileFormats.named(format) else { return }
    let files = sites.map { $0.file(in: format) } + [ActivationCollection.manifestName]
    let writer = try RunWriter(self, common, model, writing: files)
    guard let folder = writer.folder else { return }
    let progress = ProgressLine("texts")
    let found = try model.collect(
      source, at: sites, positions: Positions(parsing: positions), format: format, into: folder,
      identity: writer.identity, seed: common.seed
    ) { progress.update($0, of: $1) }
    // One line for each of few files; many are in the table and in the manifest.
    let told = files.count > 8 ? files.suffix(1) : files[...]
    try writer.finish(
      RunResults(found), files: { folder in told.map { folder.appending(component: $0) } },
      show: {
        Output.print([found.table.title, found.table.note].joined(separator: " "))
        Output.print(found.table)
      })
  }

  private func collectedTexts() throws -> CollectedTexts {
    if let task {
      return try CollectedTexts(task, label: label, count: limit, seed: common.seed)
    }
    return try CollectedTexts(linesOf: URL(userPath: texts ?? ""), count: limit)
  }

  /// The sites that are named: hooks as they are, components in each of the layers.
  private func sites(of model: LanguageModel) throws -> [Site] {
    let names = site.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    return try names.flatMap { name -> [Site] in
      if name.contains(".") {
        guard parts.layers.layers == nil, parts.head == nil else {
          throw ValidationError("--layers and --head are for components, not for the hook \(name).")
        }
        return [try Site(hook: name, of: model.architecture)]
      }
      let head = parts.head == nil ? nil : 0
      let component = try Site(named: name, layer: 0, head: head, .all).component
      let heads = try parts.heads?.resolvedHeads(component, of: model.network)
      let own = (0..<model.layers).filter { model.architecture.hasComponent(component, layer: $0) }
      if own.isEmpty { try model.network.validate(component, layer: 0) }
      return try (parts.layers.resolved(model.layers) ?? own).flatMap { layer -> [Site] in
        guard let heads else { return [Site(component, layer: layer)] }
        return heads.map { Site(component, layer: layer, head: $0) }
      }
    }
  }
}
