import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Heads for labels and numbers, on encoders and decoders.
@Suite struct LabelTests {
  private func example(_ text: [String], _ answer: String, _ choices: [String], line: Int = 1)
    -> TaskExample
  {
    TaskExample(
      prompt: text.joined(separator: " "), completion: " " + answer, answer: answer,
      choices: choices, label: Double(answer), sentences: text,
      origin: TaskExample.Origin(path: "train.tsv", line: line))
  }

  private var films: [TaskExample] {
    (0..<24).map { index in
      let word = index % 2 == 0 ? "good" : "bad"
      return example(
        ["the w\(index) film \(word) w\(index + 3)"], word == "good" ? "yes" : "no", ["no", "yes"],
        line: index + 2)
    }
  }

  private func task(_ choices: [String]) -> EvaluationTask {
    EvaluationTask(name: "films", template: .text("{instruction}"), extraction: .firstWord(choices))
  }

  private func headed(
    _ model: LanguageModel, _ labels: LabelSet, _ pooling: LabelHead.Pooling? = nil,
    seed: UInt64 = 1
  ) throws -> AdaptedModel {
    try AdaptedModel(
      model, adapters: [LabelHead(labels, for: model.network, pooling: pooling, seed: seed)])
  }

  private func withLoRA(
    _ model: LanguageModel, _ labels: LabelSet, rank: Int
  ) throws -> AdaptedModel {
    var configuration = AdapterConfiguration(method: "lora")
    configuration.rank = rank
    return try AdaptedModel(
      model,
      adapters: [
        configuration.makeAdapter(for: model, seed: 2),
        LabelHead(labels, for: model.network, seed: 2),
      ])
  }

  /// The outputs and the loss from captured vectors, in plain loops.
  @Test(arguments: LabelHead.Pooling.allCases)
  func plainLoops(pooling: LabelHead.Pooling) throws {
    let tiny = try TinyEncoder(hasHead: false)
    let labels = LabelSet(["no", "yes", "maybe"])
    let adapted = try headed(tiny.model, labels, pooling)
    let head = try #require(adapted.head)
    let examples = [
      example(["a good film"], "yes", labels.names), example(["bad"], "maybe", labels.names),
      example(["the film w1", "w2 bad"], "no", labels.names),
    ]
    let tokens = try tiny.model.tokenized(examples, labels: labels)
    #expect(tokens.map(\.label) == [1, 2, 0])
    let last = tiny.model.architecture.layers - 1
    let (weight, bias) = (head.parameters[0].value, head.parameters[1].value)
    var total = 0.0
    for token in tokens {
      let all = Array(0..<token.input.length)
      let rows = try tiny.model.run(
        Request([token.input], captures: [Cells(.blockOutput, layer: last, positions: [all])])
      ).captures[0]
      let picked =
        switch pooling {
        case .first: [0]
        case .last: [all.count - 1]
        case .mean: all
        }
      let outputs = (0..<3).map { output in
        (0..<rows.width).reduce(Double(bias.elements[output])) { sum, column in
          let mean = picked.reduce(0.0) { $0 + Double(rows[$1, column]) } / Double(picked.count)
          return sum + mean * Double(weight[output, column])
        }
      }
      let label = try #require(token.label)
      total += log(outputs.map(exp).reduce(0, +)) - outputs[Int(label)]
    }
    let loss = try FineTuner().loss(adapted, onTokens: tokens)
    #expect(abs(loss - total / 3) < 1e-5)
  }

  /// A head with an edit inside the model learns what a word says, and its file gives the same
  /// answers.
  @Test func learnsAndIsKept() throws {
    let tiny = try TinyEncoder(hasHead: false)
    let labels = try LabelSet(of: films)
    #expect(labels.names == ["no", "yes"])
    let adapted = try withLoRA(tiny.model, labels, rank: 2)
    // The head's 18 numbers are not counted with the method's.
    #expect(adapted.parameters.reduce(0) { $0 + $1.value.count } == adapted.parameterCount + 18)
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (30, 8, 2e-2)
    let tokens = try tiny.model.tokenized(films, labels: labels)
    let history = try FineTuner(settings: settings).train(adapted, onTokens: tokens)
    #expect(history.losses.last! < 0.2 * history.losses[0])
    let evaluator = Evaluator(task(labels.names), mode: .label)
    let (result, texts) = try evaluator.evaluate(adapted, on: films)
    #expect(result.score.accuracy.correct == 24)
    #expect(result.perplexity.map { $0 < 1.3 } == true)

    let kept = try TemporaryFolder()
    try adapted.write(to: kept.url)
    let again = try AdaptedModel(contentsOf: kept.url.path, base: tiny.model)
    #expect(again.head?.labels == labels)
    #expect(try evaluator.evaluate(again, on: films).result == result)
    #expect(texts == films.map { $0.answer ?? "" })
  }

  /// The checkpoint's own classifier answers without any head, and its names are what labels must
  /// be.
  @Test func checkpointsOwnHead() throws {
    let tiny = try TinyEncoder()
    let names = ["entailment", "neutral", "contradiction"]
    let adapted = try AdaptedModel(tiny.model, adapters: [])
    #expect(adapted.labels == LabelSet(names))
    let pairs = names.enumerated().map { index, name in
      example(["the film w\(index)", "bad"], name, names, line: index + 1)
    }
    let texts = try Evaluator(task(names), mode: .label).evaluate(adapted, on: pairs).texts
    for (pair, text) in zip(pairs, texts) {
      let input = tiny.model.encode(pair.sentences[0], pair.sentences[1]).input
      let logits = try #require(tiny.model.run(tiny.model.measuring([input])).logits)
      #expect(text == names[logits.rowMaxima()[0]])
    }
    let other = example(["film"], "perhaps", names, line: 7)
    #expect(
      line { _ = try Evaluator(task(names), mode: .label).evaluate(adapted, on: [other]) }
        == "train.tsv: line 7: the label 'perhaps' is none of the head's: "
        + "entailment, neutral, contradiction")
  }

  @Test func numbersAreFitted() throws {
    let tiny = try TinyEncoder(hasHead: false)
    let examples = (0..<12).map { index in
      example(
        ["w\(index) " + (index % 2 == 0 ? "good" : "bad")], index % 2 == 0 ? "4.0" : "1.5", [])
    }
    let labels = try LabelSet(of: examples)
    #expect(labels.isNumber)
    let adapted = try withLoRA(tiny.model, labels, rank: 4)
    let tokens = try tiny.model.tokenized(examples, labels: labels)
    let outputs = try FineTuner().loss(adapted, onTokens: tokens)
    var settings = FineTuningSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (200, 12, 3e-2)
    let history = try FineTuner(settings: settings).train(adapted, onTokens: tokens)
    #expect(abs(history.losses[0] - outputs) < 1e-4)
    #expect(history.losses.last! < 0.3)
    var task = task([])
    (task.extraction, task.metrics) = (.number, [.pearson])
    let (result, texts) = try Evaluator(task, mode: .label).evaluate(adapted, on: examples)
    #expect(result.perplexity == nil && (result.score.values[0].value ?? 0) > 0.9)
    // The loss is the mean of the squared errors.
    let errors = zip(texts, examples).map { (Double($0) ?? .nan) - ($1.label ?? .nan) }
    #expect(abs(errors.reduce(0) { $0 + $1 * $1 } / 12 - result.loss) < 1e-5)
  }

  /// A probe of a frozen model trains the head alone, on a decoder's last token too.
  @Test func probeOfADecoder() throws {
    let model = try TinyModels.safetensors()
    let labels = LabelSet(["no", "yes"])
    let probe = try AdapterConfiguration(method: "probe").makeAdapter(for: model)
    let adapted = try AdaptedModel(
      model, adapters: [probe, LabelHead(labels, for: model.network, seed: 0)])
    #expect(adapted.parameterCount == 0 && adapted.head?.pooling == .last)
    let tokens = try model.tokenized(films, labels: labels)
    let history = try FineTuner().train(adapted, onTokens: tokens)
    #expect(history.losses.last! < history.losses[0])
  }

  @Test func badInputIsOneLine() throws {
    let tiny = try TinyEncoder(hasHead: false)
    #expect(
      line { try LabelSet(["no", "yes", "maybe"]).requireExamples(films) }
        == "training examples: expected some of every label, found none of 'maybe'")
    #expect(
      line {
        _ = try Evaluator(task([]), mode: .label).evaluate(
          AdaptedModel(tiny.model, adapters: []), on: films)
      } == "answers: expected a model or an adapter with a head for labels, found none")
    #expect(
      line { _ = try LabelSet(of: [TaskExample(prompt: "a", completion: "b")]) }
        == "labels: expected examples with labels or numbers, found texts")
    let head = LabelHead(LabelSet(["a"]), for: try TinyModels.safetensors().network, seed: 0)
    #expect(
      line { _ = try AdaptedModel(tiny.model, adapters: [head]) }
        == "head: expected a model of width 16, found 8")
    let long = example([Array(repeating: "film", count: 40).joined(separator: " ")], "yes", [])
    #expect(
      line { _ = try tiny.model.tokenized([long], labels: LabelSet(["yes"])) }?.contains("42")
        == true)
  }
}
