import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

/// `interchange demo`: the main job from end to end, with its figures.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Run the main job: interchange, DAS with controls, LoReFT in the found subspace.",
    discussion: "Without a model only the part on a perceptron is run.")

  @Argument(help: "SmolLM2-135M-Instruct as a GGUF file.") var model: String?
  @OptionGroup var common: CommonOptions

  func run() throws {
    var common = common
    common.out = common.out ?? "demo-output"
    let present = model.flatMap { (try? ModelPlace($0))?.url.exists == true ? $0 : nil }
    let loaded = try present.map { try LanguageModel(contentsOf: $0) }
    var writer = try RunWriter(self, common, loaded, writing: ["summary.md"])
    writer.identity = try loaded.map { try .init($0, path: $0.url.lastPathComponent) }
    writer.settings["out"] = common.out.map { .string($0) }
    let progress = StudyProgressLines()
    let equality = try DemoEquality.run(seed: common.seed, progress: progress.show)
    var results = RunResults(equality)
    if let loaded {
      results = try DemoAgreement(model: loaded, seed: common.seed)
        .run(folder: writer.folder, progress: progress.show)
      results[EqualityExperiment.self] = equality
    } else {
      Output.note(
        "Left out, because \(model ?? "the model") is not there: (b) the sweep, (c) DAS and (d) LoReFT"
          + " on SmolLM2-135M-Instruct.")
    }
    let summary = DemoSummary(results)
    writer.files["summary.md"] = Data(summary.markdown.utf8)
    Output.note("")
    try writer.finish(results) { Output.print(summary.text) }
    Output.note(String(format: "done in %.0f s", Date().timeIntervalSince(writer.started)))
  }
}
