import Foundation
import Interchange

/// A result that is no number, where nothing was thrown.
struct NotANumber: Error {}

/// One way into the library: what it reads, and what it does with what it has read.
struct Reader {
  let name: String
  let seeds: [Seed]
  /// How often its turn comes: the slow ones less.
  var weight = 4
  let read: (URL) throws -> Void
}

/// The tiny model that adapters belong to.
private func base() throws -> LanguageModel {
  try LanguageModel(
    contentsOf: Corpus.fixtures.appending(components: "models", "llama-gqa"))
}

/// The numbers that a user would see: all are numbers.
private func check(_ tensor: Tensor?) throws {
  if let tensor, tensor.elements.contains(where: { !$0.isFinite }) { throw NotANumber() }
}

private func measure(_ model: LanguageModel) throws {
  let count = min(3, model.tokenizer.count)
  guard count > 0, model.architecture.isCausal else { return }
  let ids = (0..<4).map { ($0 * 7 + 1) % count }
  try check(model.run(.lastLogits([.tokens(ids)])).logits)
  _ = model.tokenizer.encode("the key near ▁ <s> 12 é\n")
}

private func measure(_ adapter: any Adapter, _ base: LanguageModel) throws {
  let adapted = try AdaptedModel(base, adapters: [adapter])
  try check(adapted.lastLogits([[5, 9, 2, 14, 3, 8, 20, 31]]))
}

private func readAll(_ file: some Checkpoint) throws {
  for name in file.names.prefix(40) {
    let tensor = try file.tensor(named: name)
    if tensor.count <= 1 << 20 { _ = tensor.floats() }
  }
}

private func readAll(folder: URL) throws {
  func all(_ checkpoint: some Checkpoint) throws { try readAll(checkpoint) }
  try all(checkpoint(inFolder: folder))
}

extension Reader {
  /// Every reader of the library.
  static func all() throws -> [Reader] {
    let base = try base()
    return try files + tokenizers + models + adapters(base) + records
  }

  private static var files: [Reader] {
    [
      Reader(name: "JSON", seeds: Corpus.files(["json"], in: [""]), weight: 8) {
        _ = try JSONParser.parse([UInt8](Data(contentsOf: $0)))
      },
      Reader(name: "safetensors", seeds: Corpus.files(["safetensors"], in: [""]), weight: 8) {
        try readAll(SafetensorsFile(contentsOf: $0))
      },
      Reader(name: "GGUF", seeds: Corpus.files(["gguf"], in: [""]), weight: 8) {
        try readAll(GGUFFile(contentsOf: $0))
      },
      Reader(name: "torch archive", seeds: Corpus.files(["bin"], in: [""]), weight: 8) {
        let file = try TorchArchive(contentsOf: $0)
        for name in file.names.prefix(40) {
          let tensor = try file.tensor(named: name)
          if tensor.count <= 1 << 20 { _ = tensor.floats() }
        }
      },
      Reader(
        name: "numpy archive", seeds: Corpus.files(["npz"], in: [""]), weight: 4
      ) { try readAll(NumPyArchive(contentsOf: $0)) },
      Reader(
        name: "sparse autoencoder",
        seeds: Corpus.folders(in: "autoencoders", ["json", "safetensors"]), weight: 4
      ) {
        let autoencoder = try SparseAutoencoder.read(contentsOf: $0).0
        guard autoencoder.featureCount <= 1 << 12, autoencoder.width <= 1 << 10 else { return }
        try check(autoencoder.encode(.zeros([2, autoencoder.width])))
      },
      Reader(
        name: "tuned lens",
        seeds: [
          Seed(source: Corpus.own.appending(component: "tuned-lens.safetensors"), files: [])
        ]
      ) {
        for map in try TunedLens.read(contentsOf: $0).translators {
          guard map.bias.count <= 1 << 10 else { return }
          try check(map(.zeros([2, map.bias.count])))
        }
      },
      Reader(
        name: "sharded folder",
        seeds: [
          Corpus.folder(
            "checkpoints/sharded",
            ["model.safetensors.index.json", "model-00001-of-00002.safetensors"]),
          Corpus.folder(
            "checkpoints/torch/sharded",
            ["pytorch_model.bin.index.json", "pytorch_model-00001-of-00002.bin"]),
        ]
      ) { try readAll(folder: $0) },
      Reader(
        name: "quantized folder",
        seeds: Corpus.folders(in: "checkpoints/quantized", ["json", "safetensors"]).map {
          Seed(source: $0.source, files: $0.files.filter { $0 != "expected.safetensors" })
        }, weight: 8
      ) { try readAll(folder: $0) },
      Reader(
        name: "figure's record",
        seeds: Corpus.files(["png"], in: ["figures"]) + Corpus.files(["svg", "pdf"], in: []),
        weight: 2
      ) {
        _ = try FigureRecord.read(from: $0)
      },
    ]
  }

  private static var tokenizers: [Reader] {
    [
      Reader(
        name: "tokenizer folder",
        seeds: Corpus.folders(in: "tokenizers", ["json", "txt", "model", "tiktoken"]).map {
          Seed(
            source: $0.source,
            files: $0.files.filter { !["cases.json", "kind.json", "pairs.json"].contains($0) })
        } + [Corpus.folder("chat", ["tokenizer.json", "tokenizer_config.json"])]
      ) {
        let tokenizer = try Tokenizer(folder: $0)
        let ids = tokenizer.encode("Hello  wörld,\n ▁<s> 1234 don't", addingSpecialTokens: true)
        _ = tokenizer.decode(ids)
        let template = try tokenizer.chatTemplate()
        _ = try template.parts([ChatMessage(.user, "a<|im_end|>b"), ChatMessage(.assistant, "c")])
      },
      Reader(name: "chat template", seeds: Corpus.files(["jinja"], in: ["chat"]), weight: 4) {
        let source = String(decoding: try Data(contentsOf: $0), as: UTF8.self)
        let template = try ChatTemplate(
          source, beginningOfSequence: "<s>", endOfSequence: "</s>")
        _ = try template.text([ChatMessage(.system, "s"), ChatMessage(.user, "u")])
      },
    ]
  }

  private static var models: [Reader] {
    [
      Reader(
        name: "model folder",
        seeds: [
          Corpus.folder(
            "models/llama-gqa",
            ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"])
        ]
      ) { try measure(LanguageModel(contentsOf: $0)) },
      Reader(
        name: "network folder",
        seeds: ["llama-bias", "llama-mha"].map {
          Corpus.folder("models/\($0)", ["config.json", "model.safetensors"])
        }
      ) {
        let model = Model(try Transformer(folder: $0))
        try check(model.run(.lastLogits([.tokens([1, 2, 3])])).logits)
      },
      Reader(
        name: "model GGUF",
        seeds: [Seed(source: Corpus.fixtures.appending(path: "models/llama-gqa.gguf"), files: [])]
      ) { try measure(LanguageModel(contentsOf: $0)) },
    ]
  }

  private static func adapters(_ base: LanguageModel) throws -> [Reader] {
    [
      Reader(name: "peft folder", seeds: Corpus.folders(in: "peft", ["json", "safetensors"])) {
        try measure(PeftFolder(contentsOf: $0).adapter(for: base), base)
      },
      Reader(
        name: "AdapterHub folder",
        seeds: Corpus.folders(in: "adapterhub", ["json", "bin"]).filter {
          $0.source.lastPathComponent.hasPrefix("llama")
        }
      ) {
        try measure(AdapterHubFolder(contentsOf: $0).adapter(for: base), base)
      },
      Reader(
        name: "pyreft folder", seeds: Corpus.folders(in: "interventions/pyreft", ["json", "bin"]),
        weight: 2
      ) {
        try measure(
          PyreftFolder(contentsOf: $0).adapter(for: base, positions: .firstAndLast(1, 1)), base)
      },
      Reader(
        name: "rotation", seeds: Corpus.files(["safetensors"], in: ["version-0.1.0/rotation"])
      ) {
        _ = try Rotation.read(contentsOf: $0).0.principalAngles(
          to: .random(rank: 1, width: 16, seed: 1))
      },
      Reader(
        name: "adapter folder",
        seeds: Corpus.folders(in: "version-0.1.0/adapters", ["safetensors"])
      ) {
        let adapted = try AdaptedModel(contentsOf: $0.path, base: base)
        try check(adapted.lastLogits([[5, 9, 2, 14, 3, 8, 20, 31]]))
      },
      try training(base),
      Reader(name: "control vector", seeds: Corpus.files(["gguf"], in: ["version-0.1.0/steering"]))
      {
        _ = try SteeringVectors(contentsOf: $0).makeAdapter(for: base, coefficient: 1)
      },
    ]
  }

  private static var records: [Reader] {
    [
      Reader(
        name: "run record",
        seeds: Corpus.folders(in: "version-0.1.0/runs", ["json"]).filter {
          let file = $0.source.appending(component: "run.json")
          return (try? Data(contentsOf: file).count) ?? 0 < 30_000
        }, weight: 1
      ) {
        let record = try RunRecord(folder: $0)
        _ = try RunReport(record).html()
        _ = try record.json()
      },
      Reader(
        name: "data file",
        seeds: Corpus.files(["json", "jsonl", "csv", "tsv"], in: ["version-0.1.0/data"]),
        weight: 8
      ) {
        let source = try DataSource($0.path)
        let examples = try source.examples()
        let task = EvaluationTask(source, examples)
        for label in examples.compactMap(\.label) where !label.isFinite { throw NotANumber() }
        _ = try examples.split(development: 0.3, seed: 0)
        _ = try task.score(examples.map(\.completion), for: examples)
      },
      Reader(
        name: "labeled texts",
        seeds: ["labeled.csv", "labeled.jsonl"].map {
          Seed(source: Corpus.own.appending(component: $0), files: [])
        }, weight: 8
      ) {
        let found = try CollectedTexts($0.path, count: 3)
        guard found.texts.count <= 3, found.labels.map({ $0.count == found.texts.count }) ?? true
        else { throw NotANumber() }
      },
      Reader(
        name: "question",
        seeds: Corpus.files(["yaml"], in: ["questions"])
          + Corpus.files(["json"], in: ["questions"]), weight: 8
      ) {
        let question = try Question(contentsOf: $0.path)
        for change in question.changeNames.prefix(2) {
          _ = try TaskPairs(question).parts(PairWish(variable: change, count: 8))
        }
        _ = try question.prompts(count: 2, seed: 0)
      },
      Reader(
        name: "experiment", seeds: Corpus.files(["yaml"], in: ["experiments"]), weight: 8
      ) {
        let plan = try ExperimentPlan(
          ExperimentDocument(contentsOf: $0.path), commands: experimentCommands)
        for point in plan.points { _ = point.arguments { plan.points[$0].name } }
      },
      Reader(
        name: "pairs", seeds: Corpus.files(["jsonl", "csv"], in: ["pairs"]), weight: 8
      ) {
        let file = try PairFile(contentsOf: $0)
        for variable in file.variables.prefix(2) {
          let parts = try file.parts(PairWish(variable: variable, trainShare: 0.5))
          _ = (parts.train + parts.test).map { $0.base.text.utf8.count }
        }
      },
      Reader(
        name: "published set",
        seeds: Corpus.folders(in: "published", ["json", "jsonl"])
          + Corpus.files(["json", "jsonl"], in: ["published"]), weight: 4
      ) {
        let source = try PairSources.named($0.path)
        for variable in source.variables.prefix(2) {
          _ = try source.parts(PairWish(variable: variable, count: 12, trainShare: 0.5))
        }
      },
      Reader(name: "contrast pairs", seeds: Corpus.files(["jsonl"], in: ["version-0.1.0/data"])) {
        _ = try ContrastPair.read($0.path)
      },
      Reader(name: "method choices", seeds: Corpus.files(["json"], in: ["version-0.1.0/search"])) {
        let choices = try MethodChoices(contentsOf: $0)
        var (configuration, settings) = (
          AdapterConfiguration(method: choices.method), FineTuningSettings()
        )
        try choices.apply(to: &configuration, &settings)
      },
    ]
  }

  /// Goes on with a training from its state, as far as its next measure.
  private static func training(_ base: LanguageModel) throws -> Reader {
    struct Entry: Decodable {
      let name: String
      let settings: FineTuningSettings
      let configuration: AdapterConfiguration
    }
    struct Measured: Error {}
    let folder = Corpus.fixtures.appending(path: "version-0.1.0")
    let entries = try JSONDecoder().decode(
      [Entry].self, from: Data(contentsOf: folder.appending(path: "state/expected.json")))
    guard let entry = entries.first(where: { $0.name == "decoder" }) else { throw Measured() }
    var options = FineTuningData.Options()
    options.developmentShare = 0.2
    let data = try FineTuningData(folder.appending(path: "data/pairs.jsonl").path, options: options)
    var experiment = FineTuningExperiment(entry.configuration, settings: entry.settings)
    experiment.mode = .loss
    let seed = entry.settings.seed
    let tokens = try experiment.evaluator(data).tokenized(
      data.train, by: experiment.adapted(base, for: data, seed: seed))
    return Reader(
      name: "training state",
      seeds: [
        Corpus.folder("version-0.1.0/state/decoder", ["checkpoint.safetensors", "log.jsonl"])
      ], weight: 1
    ) { place in
      let adapted = try experiment.adapted(base, for: data, seed: seed)
      do {
        try FineTuner(settings: entry.settings).train(
          adapted, onTokens: tokens, development: .loss { _ in throw Measured() },
          folder: TrainingFolder(place, resumes: true, interval: 1000))
      } catch is Measured {}
      for parameter in adapted.parameters { try check(parameter.value) }
    }
  }
}

/// Two commands, as the command line defines them.
private let experimentCommands: [CommandDefinition] = [
  (name: "das", options: ["layer", "rank", "seed", "seeds", "task"], path: "variable"),
  (name: "examine", options: ["seed", "task", "position"], path: "adapter"),
].map { command in
  CommandDefinition(
    name: command.name,
    arguments: [
      .init(name: "model", form: .positional, takesSeveral: false, valueName: "model"),
      .init(name: command.path, form: .option, takesSeveral: true, valueName: "dir"),
      .init(name: "controls", form: .flag, takesSeveral: false, valueName: "controls"),
      .init(name: "no-controls", form: .flag, takesSeveral: false, valueName: "no-controls"),
    ]
      + command.options.map {
        .init(name: $0, form: .option, takesSeveral: false, valueName: "n")
      })
}
