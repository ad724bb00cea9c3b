import Foundation
import Interchange
import Testing

/// The files that version 0.1.0 wrote.
private enum Earlier {
  static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(component: "Fixtures")
  static let folder = fixtures.appending(component: "version-0.1.0")

  static func path(_ parts: String...) -> String {
    parts.reduce(folder) { $0.appending(component: $1) }.path
  }

  static func record(_ name: String) throws -> RunRecord {
    try RunRecord(folder: folder.appending(components: "runs", name))
  }

  /// The content of a list of expectations.
  static func expected<T: Decodable>(_ type: T.Type, in part: String) throws -> T {
    let file = folder.appending(components: part, "expected.json")
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
  }

  static func names(in part: String) throws -> Set<String> {
    let entries = try FileManager.default.contentsOfDirectory(
      atPath: folder.appending(component: part).path)
    return Set(entries).subtracting(["expected.json"])
  }
}

/// A folder that is removed when its last holder is gone.
private final class ScratchFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(
      component: "EarlierFilesTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

/// The tiny models that the files belong to, by the names that the expectations give them.
private struct EarlierBase {
  let model: LanguageModel
  /// Weights are mapped from here.
  private let folder: ScratchFolder?

  init(_ name: String) throws {
    let models = Earlier.fixtures.appending(component: "models")
    guard name == "encoder" else {
      self.folder = nil
      model = try LanguageModel(contentsOf: models.appending(component: name))
      return
    }
    // The fixture of a classifier has no vocabulary of its own.
    let scratch = try ScratchFolder()
    for file in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        at: models.appending(components: "bert-classifier", file),
        to: scratch.url.appending(component: file))
    }
    try FileManager.default.copyItem(
      atPath: Earlier.path("data", "encoder-vocab.txt"),
      toPath: scratch.url.appending(component: "vocab.txt").path)
    model = try LanguageModel(contentsOf: scratch.url)
    folder = scratch
  }
}

/// Records of runs.
@Suite struct EarlierRecordTests {
  private static let names = [
    "attention", "compare", "das", "das-boundless", "das-tiny", "demo", "equality", "evaluate",
    "examine", "finetune", "finetune-numbers", "growth", "single-sweep", "steer", "steer-given",
    "sweep", "sweeps", "tune",
  ]
  /// Runs whose numbers are shown in tables alone.
  private static let withoutFigures: Set<String> = ["evaluate", "steer", "steer-given"]

  @Test func noneIsLeftOut() throws {
    #expect(try Earlier.names(in: "runs") == Set(Self.names))
  }

  /// Every record is shown: its figures are drawn, and its page is whole and has each of them.
  @Test(arguments: names)
  func figuresAndReport(name: String) throws {
    let record = try Earlier.record(name)
    #expect(record.version == (name == "single-sweep" ? "0.0.9" : "0.1.0"))
    #expect(record.arguments.first == record.command)
    #expect((record.model == nil) == (name == "equality"))
    let folder = try ScratchFolder()
    let files = try record.writeFigures(to: folder.url, format: .svg)
    #expect(files.isEmpty == Self.withoutFigures.contains(name))
    for file in files { #expect(try Data(contentsOf: file).count > 1000, "\(file)") }
    let page = Markup(try RunReport(record).html())
    #expect(page.fault == nil)
    #expect(page.count(of: "figure") == files.count)
    #expect(page.count(of: "table") > 0 || !files.isEmpty)
  }

  /// A record that is read and written is read again as the same one.
  @Test(arguments: names)
  func writtenAgain(name: String) throws {
    let (record, folder) = (try Earlier.record(name), try ScratchFolder())
    try Data(try record.json().utf8).write(to: folder.url.appending(component: "run.json"))
    #expect(try RunRecord(folder: folder.url).json() == record.json())
  }

  @Test func header() throws {
    let record = try Earlier.record("das-tiny")
    #expect(record.command == "das" && record.seed == 1)
    #expect(record.model?.path == "models/taught")
    // A new tokenizer doesn't change the weights' hash.
    #expect(record.model?.identity == (try EarlierBase("llama-gqa").model.identity()))
    #expect(record.commandLine.hasPrefix("interchange das models/taught --layer 1 --rank 2 "))
    #expect(record.started.ISO8601Format().hasPrefix("20"))
    #expect(record.seconds > 0)
  }

  @Test(arguments: ["sweep", "single-sweep"])
  func oneSweep(name: String) throws {
    let sweeps = try #require(try Earlier.record(name).results.sweeps)
    let sweep = try #require(sweeps.first)
    #expect(sweeps.count == 1)
    #expect(sweep.task == "agreement" && sweep.variable == "subjectNumber")
    #expect(sweep.check.kept == 43)
    #expect(sweep.positionLabels.count == 29 && sweep.positionLabels.last == "‹attractor›")
    #expect(sweep.result.component == "block_output" && sweep.result.head == nil)
    #expect(sweep.result.layers == [0, 1, 2])
    let cell = sweep.result.cells[1][27]
    #expect(cell.correct == 0 && cell.n == 8)
    #expect(cell.logitDifference == -2.435785196721554)
  }

  @Test func severalSweeps() throws {
    let sweeps = try #require(try Earlier.record("sweeps").results.sweeps)
    #expect(sweeps.map(\.result.head) == [0, 1, 2, 3])
    #expect(sweeps.allSatisfy { $0.result.component == "attention_value_output" })
    #expect(sweeps.map { $0.result.cells[2][26].logitDifference ?? 0 }.allSatisfy { $0 < -2.43 })
  }

  @Test func alignments() throws {
    let real = try #require(try Earlier.record("das").results.alignments?.first)
    #expect(real.task == "agreement" && real.disjoint == "nouns" && real.check?.kept == 24)
    #expect(real.report.site == "block_output 20 @ -1" && real.report.rank == 2)
    #expect(real.losses.count == 4 && real.report.finalLoss == 6.463598132133484)
    let tiny = try #require(try Earlier.record("das-tiny").results.alignments?.first)
    #expect(tiny.report.test.correct == 9 && tiny.report.test.n == 26)
    #expect(tiny.report.controls.map(\.name) == ControlKind.allCases.map(\.rawValue))
    #expect(tiny.report.control(.selfSwap)?.largestChange == 0)
    #expect(tiny.report.control(.fullVector)?.iia.correct == 24)
    let boundless = try #require(try Earlier.record("das-boundless").results.alignments?.first)
    #expect(boundless.report.rank == 272 && boundless.losses.count == 6)
    let examined = try #require(try Earlier.record("examine").results.alignments?.first)
    #expect(examined.report.site == "block_output 20 @ l1" && examined.losses.isEmpty)
    #expect(examined.report.control(.randomModel)?.iia.correct == 13)
  }

  @Test(arguments: ["demo", "equality"])
  func equality(name: String) throws {
    let equality = try #require(try Earlier.record(name).results.equality)
    #expect(equality.networkAccuracy.value == 0.999267578125)
    #expect(
      equality.lines.map { "\($0.variable) \($0.layer)" } == [
        "bothEqual 1", "bothEqual 2", "bothEqual 3", "leftEqual 1", "firstArgument 1",
      ])
    #expect(
      equality.lines.map(\.report.test.value) == [1, 0.998046875, 0.478515625, 1, 0.5048828125])
  }

  /// Several kinds of results in one record.
  @Test func demo() throws {
    let results = try Earlier.record("demo").results
    let alignments = try #require(results.alignments)
    #expect(alignments.map(\.report.rank) == [1, 2, 4, 8])
    #expect(alignments.map(\.report.test.correct) == [94, 93, 94, 95])
    let sweep = try #require(results.sweeps?.first)
    #expect(sweep.result.layers == Array(0..<30) && sweep.result.positions.count == 8)
    #expect(sweep.result.cells[20][4].correct == 19 && sweep.result.cells[20][4].n == 20)
    let tuning = try #require(results.fineTuning)
    #expect(tuning.method == "LoReFT, subspace fixed" && tuning.rank == 1)
    #expect(tuning.parameters == 577 && tuning.losses.count == 80)
    #expect(tuning.losses.last == 0.8902062773704529)
    #expect(tuning.effects.map(\.before.correct) == [2, 127, 128, 128, 128])
    #expect(tuning.effects.allSatisfy { $0.after.correct == 128 })
  }

  @Test func comparisons() throws {
    let compared = try #require(try Earlier.record("compare").results.comparisons?.first)
    #expect(compared.task == "verbs" && compared.trainCount == 13)
    #expect(compared.untuned?.loss == 5.262113571166992)
    #expect(compared.constant?.accuracy.correct == 2)
    #expect(compared.methods.map(\.name) == ["loreft:rank=2:positions=l1", "red"])
    #expect(compared.methods.map(\.parameters) == [198, 96])
    #expect(compared.methods[0].configuration.positions == Positions.last(1))
    #expect(
      compared.methods[1].seeds.map { $0.test?.loss } == [5.141911029815674, 5.11761474609375])
    let one = try #require(try Earlier.record("finetune").results.comparisons?.first)
    #expect(one.methods.count == 1 && one.methods[0].configuration.rank == 2)
    #expect(one.methods[0].settings.epochs == 3 && one.methods[0].settings.batchSize == 4)
    #expect(one.methods[0].seeds[0].history.losses.last == 4.254883289337158)
  }

  /// Equal numbers have no correlation.
  @Test func predictedNumbers() throws {
    let compared = try #require(try Earlier.record("finetune-numbers").results.comparisons?.first)
    let test = try #require(compared.methods[0].seeds[0].test)
    #expect(compared.untuned == nil)
    #expect(test.mode == .label && test.loss == 2.0173256397247314)
    #expect(test.score.values.map(\.metric) == [.pearson, .spearman])
    #expect(test.score.values.allSatisfy { $0.value == nil })
  }

  @Test func evaluation() throws {
    let found = try #require(try Earlier.record("evaluate").results.evaluation)
    #expect(found.task == "verbs" && found.mode == .choose)
    #expect(found.loss == 5.266361713409424 && found.score.accuracy.correct == 11)
    #expect(found.score.values.map(\.value) == [0.55, 0.4357366771159875])
  }

  @Test func steering() throws {
    let found = try #require(try Earlier.record("steer").results.steering)
    #expect(found.method == .differenceOfMeans && found.pairs == 4 && found.layers == [1, 2])
    #expect(found.coefficient == 4)
    #expect(found.summaries?.map(\.norm) == [2.324833980447553, 3.1499723320763016])
    #expect(found.summaries?.map(\.orderedPairs) == [1, 2])
    let given = try #require(try Earlier.record("steer-given").results.steering)
    #expect(given.method == nil && given.summaries == nil && given.coefficient == 1)
    for continuation in [found.continuation, given.continuation] {
      #expect(continuation?.before == "i9" && continuation?.after == "rererererere")
    }
  }

  @Test func search() throws {
    let search = try #require(try Earlier.record("tune").results.search)
    #expect(search.metric == "accuracy" && search.trainCount == 14)
    #expect(search.trials.count == 6 && search.trials.map(\.round).max() == 1)
    #expect(search.winner.choices.description == "lora:rank=1" && search.winner.steps == 18)
    #expect(search.winner.loss == 4.971746444702148)
  }

  @Test func attention() throws {
    let patterns = try #require(try Earlier.record("attention").results.attention)
    #expect(patterns.tokens == ["The", "␣keys", "␣to", "␣the", "␣cabinet"] && patterns.isCausal)
    #expect(patterns.heads.map(\.name) == ["8.0", "8.3"])
    #expect(patterns.heads[0].weights[1] == [0.91687423, 0.0831258, 0, 0, 0])
  }

  @Test func growth() throws {
    let growth = try #require(try Earlier.record("growth").results.growth)
    #expect(growth.model == "llama-gqa" && growth.batch == 2 && growth.rank == 4)
    #expect(growth.axes.map(\.name) == ["layer", "position", "batch", "rank", "width"])
    #expect(growth.axes.map(\.points.count) == [3, 7, 7, 3, 5])
    #expect(growth.axes.map { $0.points[0].rows } == [4, 2, 1, 2, 8])
  }
}

/// An adapter of an earlier version with what was measured with it then.
struct EarlierAdapter: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let method: String
  let base: String
  let data: String
  let answers: AnswerMode
  let hasHead: Bool
  let parameters: Int
  /// The loss without the adapter; nil where it has a head, which nothing replaces.
  let untuned: Double?
  let loss: Double

  var testDescription: String { name }

  /// None where the list can't be read, which a test of its own tells.
  static let all = (try? Earlier.expected([EarlierAdapter].self, in: "adapters")) ?? []
}

/// Adapters, and everything else that a training or an alignment leaves in files.
@Suite struct EarlierAdapterTests {
  /// The distance that a loss may have from the measured one, as a share of it. Sums of float32 in
  /// another order (other kernels, threads or machines) change such a loss by some 10⁻⁶ of it; this
  /// leaves a hundredfold, and is less than the change by the weakest of the adapters.
  private static let tolerance = 1e-4

  private func isClose(_ found: Double, _ expected: Double) -> Bool {
    abs(found - expected) <= Self.tolerance * abs(expected)
  }

  @Test func noneIsLeftOut() throws {
    let all = try Earlier.expected([EarlierAdapter].self, in: "adapters")
    #expect(try Earlier.names(in: "adapters") == Set(all.map(\.name)))
    // Version 0.1.0 had 18 methods.
    let methods = Set(all.map(\.method))
    #expect(methods.count == 18)
    #expect(methods.isSubset(of: AdapterConfiguration.methodNames))
  }

  @Test(arguments: EarlierAdapter.all)
  func measuresTheSame(adapter: EarlierAdapter) throws {
    let base = try EarlierBase(adapter.base)
    let adapted = try AdaptedModel(
      contentsOf: Earlier.path("adapters", adapter.name), base: base.model)
    #expect((adapted.head != nil) == adapter.hasHead)
    #expect(adapted.parameterCount == adapter.parameters || Self.isReadSmaller(adapter))
    let source = try DataSource(Earlier.path("data", adapter.data))
    let examples = try source.examples()
    let evaluator = Evaluator(EvaluationTask(source, examples), mode: adapter.answers)
    func loss(_ adapted: AdaptedModel) throws -> Double {
      try evaluator.evaluate(adapted, on: examples).result.loss
    }
    let found = try loss(adapted)
    #expect(isClose(found, adapter.loss), "\(found), expected \(adapter.loss)")
    if let untuned = adapter.untuned {
      let bare = try loss(AdaptedModel(base.model, adapters: []))
      #expect(isClose(bare, untuned), "\(bare), expected \(untuned)")
      #expect(!isClose(found, untuned))
    }
  }

  /// True when a file has fewer numbers than the training had: soft tokens drop the network that
  /// made them.
  private static func isReadSmaller(_ adapter: EarlierAdapter) -> Bool {
    ["p-tuning", "prefix-tuning"].contains(adapter.method)
  }

  @Test func rotation() throws {
    let (rotation, metadata) = try Rotation.read(
      contentsOf: Earlier.folder.appending(components: "rotation", "rotation.safetensors"))
    #expect(rotation.rank == 2 && rotation.width == 16)
    #expect(rotation.orthonormalityError < 1e-5)
    #expect(
      Array(rotation.frame.elements.prefix(3))
        == [-0.33763587474823, -0.24045538902282715, 0.22290445864200592])
    #expect(metadata["site"] == "block_output 1 @ -1")
    #expect(metadata["model"] == (try EarlierBase("llama-gqa").model.identity()))
  }

  @Test func steeringVectors() throws {
    let model = try EarlierBase("llama-gqa").model
    let control = try SteeringVectors(
      contentsOf: Earlier.folder.appending(components: "steering", "control-vector.gguf"))
    #expect(control.layers == [1, 2] && control.width == 16)
    // The record has the norms before the coefficient, 4.
    let summaries = try #require(try Earlier.record("steer").results.steering?.summaries)
    for summary in summaries {
      let vector = try #require(control.vectors[summary.layer]).elements
      let norm = vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(isClose(norm, 4 * summary.norm))
    }
    // As an adapter and as a control vector they steer alike.
    let read = try AdaptedModel(contentsOf: Earlier.path("steering"), base: model)
    let made = try AdaptedModel(
      model, adapters: [control.makeAdapter(for: model, coefficient: 1)])
    let expected = try Earlier.expected([String: Double].self, in: "steering")
    let source = try DataSource(Earlier.path("data", "pairs.jsonl"))
    let examples = try source.examples()
    let evaluator = Evaluator(EvaluationTask(source, examples), mode: .loss)
    for adapted in [read, made] {
      let found = try evaluator.evaluate(adapted, on: examples).result.loss
      #expect(try isClose(found, #require(expected["loss"])), "\(found)")
    }
    let prompt = model.encode("the cat").ids
    let written = try read.generate([prompt], options: GenerationOptions(maximumTokens: 6))
    #expect(
      model.tokenizer.decode(try #require(written.first), continuing: true) == "rererererere")
  }

  @Test func choices() throws {
    let choices = try MethodChoices(
      contentsOf: Earlier.folder.appending(components: "search", "choices.json"))
    #expect(choices == (try MethodChoices(parsing: "lora:rank=1")))
  }
}

/// A training of an earlier version that was killed, with the numbers of the same one unbroken.
struct EarlierTraining: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let base: String
  let data: String
  let answers: AnswerMode
  let settings: FineTuningSettings
  let configuration: AdapterConfiguration
  let history: TrainingHistory

  var testDescription: String { name }

  /// None where the list can't be read, which a test of its own tells.
  static let all = (try? Earlier.expected([EarlierTraining].self, in: "state")) ?? []
}

/// States of trainings.
@Suite struct EarlierTrainingTests {
  /// The distance that a loss may have from that of the unbroken training, where the parameters of
  /// each step follow from the step before: changes by other sums of float32 add up over the steps,
  /// so that it may be ten times more than for a single measure. For losses below 1 it is no share
  /// of them.
  private func isClose(_ found: Double, _ expected: Double) -> Bool {
    abs(found - expected) <= 1e-3 * max(1, abs(expected))
  }

  @Test func noneIsLeftOut() throws {
    let all = try Earlier.expected([EarlierTraining].self, in: "state")
    #expect(try Earlier.names(in: "state") == Set(all.map(\.name)))
    #expect(all.count == 2)
  }

  /// Goes on with the steps that were left, and ends where the unbroken training did.
  @Test(arguments: EarlierTraining.all)
  func goesOn(training: EarlierTraining) throws {
    let (base, scratch) = (try EarlierBase(training.base), try ScratchFolder())
    let folder = scratch.url.appending(component: "state")
    try FileManager.default.copyItem(
      atPath: Earlier.path("state", training.name), toPath: folder.path)
    var options = FineTuningData.Options()
    options.developmentShare = 0.2
    let data = try FineTuningData(Earlier.path("data", training.data), options: options)
    var experiment = FineTuningExperiment(training.configuration, settings: training.settings)
    experiment.mode = training.answers
    var first: Int?
    let (adapted, run) = try experiment.run(
      base.model, on: data, seed: training.settings.seed,
      place: FineTuningExperiment.Place(
        folder: TrainingFolder(folder, resumes: true, interval: 50))
    ) { if first == nil { first = $0.step } }

    // The state has some steps; the rest is taken now.
    let begun = try #require(first) - 1
    #expect((15..<40).contains(begun))
    let (found, expected) = (run.history, training.history)
    #expect(found.losses.prefix(begun) == expected.losses.prefix(begun))
    #expect(found.losses.count == 240 && expected.losses.count == 240)
    for (step, (found, expected)) in zip(found.losses, expected.losses).enumerated() {
      #expect(isClose(found, expected), "step \(step): \(found), expected \(expected)")
    }
    #expect(found.tokens == expected.tokens && found.stoppedEarly == expected.stoppedEarly)
    #expect(found.evaluations.map(\.step) == expected.evaluations.map(\.step))
    for (found, expected) in zip(found.evaluations, expected.evaluations) {
      #expect(isClose(found.value, expected.value), "development at \(expected.step)")
    }
    // The model has the parameters of the best measure.
    let evaluator = experiment.evaluator(data)
    let loss = try evaluator.meanLoss(adapted, on: data.development)
    #expect(try isClose(loss, #require(expected.best).value))

    // The log has every step once.
    let log = try String(contentsOf: folder.appending(component: "log.jsonl"), encoding: .utf8)
    let lines = try log.split(separator: "\n").map {
      try JSONDecoder().decode(TrainingLogLine.self, from: Data($0.utf8))
    }
    #expect(lines.filter { $0.loss != nil }.map(\.step) == Array(1...240))
  }
}
