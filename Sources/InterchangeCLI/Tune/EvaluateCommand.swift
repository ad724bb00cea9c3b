import ArgumentParser
import Foundation
import Interchange

/// `interchange evaluate`: a model with adapters on a data set.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a model with any adapters on a data set.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var adapters: SteeredAdapterOptions
  @Option(
    help: ArgumentHelp(
      "A .json, .jsonl, .csv or .tsv file, or a folder with a file for each part.",
      valueName: "path"))
  var data: String
  @Option(help: ArgumentHelp("The part of a folder: train, dev or test.", valueName: "part"))
  var split = DataSplit.test
  @Option(.count, "Examples at most, a fixed choice.") var limit: Int?
  @Option(
    help: ArgumentHelp("The prompt's template; the task's own by default.", valueName: "name"))
  var template: String?
  @Option(
    help: """
      How answers are found: generate (written), choose (the likeliest choice), label (a head's), or loss \
      (not at all).
      """)
  var answers: AnswerMode?
  @Option(help: "What texts are labelled with: classes or numbers; by default what a head says.")
  var labels: LabelKind?
  @OptionGroup var longTexts: LongTextOptions
  @Option(.count, "Sequences in a run.") var batch = 16
  @OptionGroup var common: CommonOptions

  private struct Prediction: Encodable {
    let prompt: String
    let answer: String?
    let predicted: String
  }

  func run() throws {
    let source = try DataSource(data, split: split)
    var examples = try source.examples()
    let model = try model.load()
    let adapted = try adapters.adapted(model)
    let answers = answers ?? .standard(for: model.network)
    let own = answers == .label ? adapted.labels?.kind : nil
    if let kind = labels ?? own, labels != nil || examples.labelKind.map({ $0 != kind }) ?? false {
      examples = try examples.labelled(as: kind)
    }
    var task = EvaluationTask(source, examples)
    if let template { task.template = try PromptTemplate(named: template) }
    if let limit { examples = examples.subset(limit, seed: 0) }
    var writer = try RunWriter(self, common, model, writing: ["predictions.jsonl"])
    writer.settings["answers"] = .string(answers.rawValue)
    writer.settings["template"] = .string(template ?? "\(task.template)")
    var evaluator = Evaluator(task, mode: answers)
    evaluator.batchSize = batch
    var count = LongTextCount()
    examples = try longTexts.fitted(
      examples, to: model, by: evaluator, reserving: adapted.virtualTokens, counting: &count)
    count.tell()
    count.add(to: &writer.settings)
    let progress = ProgressLine("evaluate")
    let (result, texts) = try evaluator.evaluate(adapted, on: examples) {
      progress.update($0, of: $1)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let lines = try zip(examples, texts).map {
      try encoder.encode(Prediction(prompt: $0.prompt, answer: $0.answer, predicted: $1))
        + Data("\n".utf8)
    }
    writer.files["predictions.jsonl"] = Data(lines.joined())
    try writer.finish(RunResults(result)) { Output.print(result.table) }
  }
}

extension DataSplit: ExpressibleByArgument {}
