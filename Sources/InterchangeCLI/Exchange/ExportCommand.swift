import ArgumentParser
import Foundation
import Interchange

/// `interchange export`: an adapter in another tool's form.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write an adapter as another tool loads it.",
    discussion: """
      By default in the form that fits the method; any other is refused with what to do instead.

      \(forms)

      Changes of weights (full, diff-pruning, and lora, too) become a model of their own by \
      `merge`. Folders of peft and adapterhub need no command to come back: --adapter takes them; \
      pyreft's come back by `import`.
      """)

  private static var forms: String {
    ExportForms.all.map { "\($0.name): \($0.holds)." }.joined(separator: "\n")
  }

  @OptionGroup var model: ModelArgument
  @Option(
    help: ArgumentHelp(
      "A folder that `finetune`, `steer` or `import` wrote, or one of peft's or adapterhub's.",
      valueName: "dir"))
  var adapter: String
  @Option(
    help: ArgumentHelp(
      "The form: \(ExportForms.all.map { $0.name }.joined(separator: ", ")); by default the one "
        + "that is made for the method.", valueName: "name"))
  var format: String?
  @OptionGroup var common: CommonOptions

  private struct Exported: Encodable {
    let method: String
    let format: String
    let folder: String
    let remarks: [String]
  }

  func validate() throws {
    guard common.out != nil else { throw ValidationError("--out: a folder for the adapter.") }
  }

  func run() throws {
    guard let out = common.out else { return }
    let base = try model.load()
    let adapted = try AdaptedModel(contentsOf: adapter, base: base, foreign: ForeignAdapters.all)
    let (form, adapter) = try ExportForms.form(named: format, for: adapted)
    let target = try RunFolder(URL(userPath: out), resumes: true).url
    var remarks = try form.write(adapter, of: base, to: target)
    if adapted.head != nil {
      remarks.append("the head for labels isn't in it, as none of these forms has one")
    }
    for remark in remarks { Output.note("note: \(remark)") }
    if common.json {
      return try Output.print(
        json: Exported(
          method: adapter.method, format: form.name, folder: out, remarks: remarks))
    }
    Output.note("wrote \(target.path)")
  }
}
