import ArgumentParser
import Foundation
import Interchange

/// `interchange merge`: a model with its updates in its weights.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Write a model with adapters added to its weights.",
    discussion: """
      MODEL is a folder; --out gets its files with the changed weights, in float32, as transformers reads \
      them. LoRA, full and diff-pruning adapters can be merged: what they change are weights. An adapter with \
      a head of its own can't.
      """)

  @OptionGroup var model: ModelArgument
  @OptionGroup var adapters: AdapterOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard common.out != nil else { throw ValidationError("--out: a folder for the model.") }
    guard !adapters.adapter.isEmpty else { throw ValidationError("merge needs an --adapter.") }
  }

  func run() throws {
    guard let out = common.out else { return }
    let target = try RunFolder(URL(userPath: out), resumes: true).url
    let adapted = try adapters.adapted(model.load())
    try adapted.writeMerged(to: target)
    if common.json {
      let methods = adapted.adapters.map(\.method).joined(separator: ", ")
      return try Output.print(json: ["method": methods, "folder": out])
    }
    Output.note("wrote \(target.path)")
  }
}
