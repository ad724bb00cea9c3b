import ArgumentParser
import Foundation
import Interchange

/// Adapters that are on, in their order.
struct AdapterOptions: ParsableArguments {
  @Option(
    name: .customLong("adapter"),
    help: ArgumentHelp(
      "A folder that `finetune` or `steer` wrote; several compose, in the order given.",
      valueName: "dir"))
  var adapters: [String] = []

  func adapted(_ model: LanguageModel) throws -> AdaptedModel {
    try AdaptedModel(contentsOf: adapters, base: model, foreign: ForeignAdapters.all)
  }
}

/// `interchange evaluate`: a model with adapters on a data set.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a model with any adapters on a data set.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var adapters: AdapterOptions
  @Option(
    help: ArgumentHelp(
      "A .json, .jsonl, .csv or .tsv file, or a folder with a file for each part.",
      valueName: "path"))
  var data: String
  @Option(help: ArgumentHelp("The part of a folder: train, dev or test.", valueName: "part"))
  var split = DataSplit.test
  @Option(help: ArgumentHelp("Examples at most, a fixed choice.", valueName: "n")) var limit: Int?
  @Option(
    help: ArgumentHelp("The prompt's template; the task's own by default.", valueName: "name"))
  var template: String?
  @Option(
    help: """
      How answers are found: generate (written), choose (the likeliest choice), label (a head's), or loss \
      (not at all).
      """)
  var answers: AnswerMode?
  @Option(help: ArgumentHelp("Sequences in a run.", valueName: "n")) var batch = 16
  @OptionGroup var common: CommonOptions

  private struct Prediction: Encodable {
    let prompt: String
    let answer: String?
    let predicted: String
  }

  func run() throws {
    guard limit ?? 1 >= 1, batch >= 1 else {
      throw ValidationError("--limit and --batch must be at least 1.")
    }
    let source = try DataSource(data, split: split)
    var examples = try source.examples()
    var task = EvaluationTask(source, examples)
    if let template { task.template = try PromptTemplate(named: template) }
    if let limit { examples = examples.subset(limit, seed: 0) }
    let model = try model.load()
    let adapted = try adapters.adapted(model)
    let writer = try RunWriter("evaluate", common, model)
    var evaluator = Evaluator(task, mode: answers ?? .standard(for: model.model))
    evaluator.batchSize = batch
    let progress = ProgressLine("evaluate")
    let (result, texts) = try evaluator.evaluate(adapted, on: examples) {
      progress.update($0, of: $1)
    }
    try writer.write(writer.record(RunRecord.Results(evaluation: result))) { folder in
      let url = folder.appending(component: "predictions.jsonl")
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let lines = try zip(examples, texts).map {
        try encoder.encode(Prediction(prompt: $0.prompt, answer: $0.answer, predicted: $1))
          + Data("\n".utf8)
      }
      try Data(lines.joined()).write(to: url, options: .atomic)
      return [url]
    }
    if common.json { return try Output.print(json: result) }
    Output.print(result.table)
  }
}

extension DataSplit: ExpressibleByArgument {}

/// `interchange chat`: a conversation on the terminal.
struct ChatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat", abstract: "Talk with a chat model, with any adapters.",
    discussion:
      "One message a line on standard input; an empty line or the end of the input ends it.")

  @OptionGroup var model: ModelArgument
  @OptionGroup var adapters: AdapterOptions
  @Option(help: ArgumentHelp("What the model is told first.", valueName: "text"))
  var system: String?
  @Option(help: ArgumentHelp("How many tokens at most in an answer.", valueName: "n"))
  var maxTokens = 256
  @Option(help: ArgumentHelp("0 takes the likeliest token each time.", valueName: "t"))
  var temperature = 0.0
  @OptionGroup var common: CommonOptions

  func run() throws {
    let model = try model.load()
    let adapted = try adapters.adapted(model)
    _ = try model.tokenizer.chatTemplate()
    var messages = system.map { [ChatMessage(.system, $0)] } ?? []
    let isTerminal = isatty(STDIN_FILENO) == 1
    var options = GenerationOptions(
      maximumTokens: maxTokens, temperature: temperature, seed: common.seed,
      stopTokens: try PromptTemplate.chat().stopTokens(model.tokenizer))
    while true {
      if isTerminal { Output.write(Data("> ".utf8), to: .standardError) }
      guard let line = readLine(), !line.allSatisfy(\.isWhitespace) else { break }
      messages.append(ChatMessage(.user, line))
      let prompt = try model.tokenizer.encode(messages)
      let text = try adapted.stream(prompt, options: options, silent: common.json)
      options.seed &+= 1
      messages.append(ChatMessage(.assistant, text))
    }
    if common.json { try Output.print(json: messages) }
  }
}

extension AdaptedModel {
  /// Continues a prompt on standard output, token by token; the text that was added.
  func stream(_ prompt: [Int], options: GenerationOptions, silent: Bool) throws -> String {
    var decoder = StreamingDecoder(base.tokenizer)
    var text = ""
    func show(_ piece: String) {
      text += piece
      if !silent { Output.write(Data(piece.utf8), to: .standardOutput) }
    }
    _ = try generate([prompt], options: options) { show(decoder.append($1)) }
    show(decoder.finish())
    if !silent { Output.print("") }
    return text
  }
}
