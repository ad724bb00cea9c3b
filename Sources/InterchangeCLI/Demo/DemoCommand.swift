import ArgumentParser
import Foundation
import Interchange

/// `interchange demo`: the main job from end to end, with its figures.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Run the main job: interchange, DAS with controls, LoReFT in the found subspace.",
    discussion: "Without a model only the part on a perceptron is run.")

  @Argument(help: "SmolLM2-135M-Instruct as a GGUF file.") var model: String?
  @OptionGroup var common: CommonOptions

  func run() throws {
    let started = Date()
    let folder = try RunWriter.writableFolder(common.out ?? "demo-output")
    let present = model.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
    var results = RunResults(try DemoEquality.run(seed: common.seed))
    var identity: RunRecord.ModelIdentity?
    if let present {
      let model = try LanguageModel(contentsOf: present)
      identity = .init(path: model.url.lastPathComponent, identity: try model.identity())
      let demo = DemoAgreement(model: model, seed: common.seed)
      try demo.run(into: &results, folder: folder)
    } else {
      Output.note(
        "Left out, because \(model ?? "the model") is not there: (b) the sweep, (c) DAS and (d) LoReFT"
          + " on SmolLM2-135M-Instruct.")
    }
    let record = RunRecord(
      command: "demo", arguments: Array(CommandLine.arguments.dropFirst()), model: identity,
      seed: common.seed, started: started, results: results)
    let files = try record.write(to: folder)
    let summary = folder.appending(component: "summary.md")
    try Data(DemoSummary(record).markdown.utf8).write(to: summary, options: .atomic)
    Output.note("")
    for file in files + [summary] { Output.note("wrote \(file.path)") }
    Output.note(String(format: "done in %.0f s", Date().timeIntervalSince(started)))
    if common.json {
      try Output.print(json: record)
    } else {
      Output.print(DemoSummary(record).text)
    }
  }
}

/// (a) DAS on hierarchical equality, against the paper's table.
enum DemoEquality {
  static func run(seed: UInt64) throws -> EqualityExperiment {
    Output.note("(a) hierarchical equality on a perceptron")
    var settings = EqualityExperiment.Settings()
    settings.seed = seed
    settings.training.seed = seed
    settings.alignment.seed = seed
    return try EqualityExperiment(settings: settings) { Output.note("    " + $0) }
  }
}
