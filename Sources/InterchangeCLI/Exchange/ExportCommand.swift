import ArgumentParser
import Foundation
import Interchange

/// `interchange export`: an adapter in peft's form.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write an adapter as a folder that peft loads.",
    discussion: """
      LoRA, prompt tuning, P-tuning and prefix tuning of a decoder: adapter_config.json and \
      adapter_model.safetensors in --out. The other way needs no command: --adapter takes peft's folders.
      """)

  @OptionGroup var model: ModelArgument
  @Option(help: ArgumentHelp("A folder that `finetune` wrote.", valueName: "dir")) var adapter:
    String
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard common.out != nil else { throw ValidationError("--out: a folder for the adapter.") }
  }

  func run() throws {
    guard let out = common.out else { return }
    let target = try RunFolder(URL(userPath: out), resumes: true).url
    let base = try model.load()
    let (read, _) = try AdapterFile.read(contentsOf: adapter, base: base)
    try PeftFolder.write(read, of: base, to: target)
    if common.json { return try Output.print(json: ["method": read.method, "folder": out]) }
    Output.note("wrote \(target.path)")
  }
}
