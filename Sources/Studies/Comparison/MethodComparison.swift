import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeModels
import InterchangeReports

/// A method's runs with several seeds.
public struct MethodRun: Codable, Sendable {
  /// The method's name, with the choices that set it apart where one method stands twice.
  public let name: String
  public let configuration: AdapterConfiguration
  public let settings: FineTuningSettings
  public let parameters: Int
  /// Trained / base parameters.
  public let parameterShare: Double
  /// The runs that came to their end.
  public internal(set) var seeds: [SeedRun]
  /// The runs that ended in numbers that are none; nil for no such run.
  public internal(set) var diverged: [DivergedRun]?

  /// The main metric over the seeds; nil where nothing was measured, it isn't defined, or a seed
  /// diverged.
  public var score: SeedStatistics? {
    guard diverged == nil else { return nil }
    let values = seeds.compactMap { $0.test?.score.values.first?.value }
    return values.isEmpty || values.count < seeds.count ? nil : SeedStatistics(values)
  }

  /// The perplexity of the right completions over the seeds.
  public var perplexity: SeedStatistics? {
    let values = seeds.compactMap { $0.test?.perplexity }
    return values.isEmpty ? nil : SeedStatistics(values)
  }
}

/// A run that ended in a loss or an output that is no number.
public struct DivergedRun: Codable, Sendable, Equatable {
  public let seed: UInt64
  /// The error in a line.
  public let reason: String
}

/// Methods on one data set at equal data, steps and seeds, beside the untuned model.
public struct MethodComparison: Codable, Sendable {
  public let task: String
  public let trainCount: Int
  public let developmentCount: Int
  /// The untuned model's figures; nil without test examples, or where only a trained head can
  /// answer.
  public let untuned: EvaluationResult?
  /// The figures of always giving the training examples' most frequent answer, or their mean
  /// number: what knowing nothing of the input gives. Nil without test examples or without known
  /// answers.
  public let constant: EvaluationScore?
  public internal(set) var methods: [MethodRun]

  /// A step of a comparison, told while it runs.
  public enum Event {
    case training(method: String, seed: UInt64, FineTuner.Progress)
    case done(method: String, SeedRun)
    /// A run ended in numbers that are none; the others go on.
    case diverged(method: String, DivergedRun)
  }

  /// Trains every method with every seed and measures them all.
  ///
  /// - Parameters:
  ///   - experiments: a name for each way to adapt the model
  ///   - folder: where a method's run with a seed keeps state, log and adapter; nil keeps none
  ///   - resumes: whether runs go on from their states in the folder; what finished ones found is
  ///     read
  ///   - saveInterval: steps between two states; nil writes one every half minute
  ///   - interruption: ends a training with its state written, when it is asked to
  ///   - store: one for all: what lies below every edit is the same for all methods and seeds
  /// - Throws: as ``FineTuningExperiment/run(_:on:seed:place:progress:)``, but a run that diverges
  ///   ends only itself, as long as another one doesn't; `FileSystemError` for a folder that a link
  ///   within the run's folder leads to.
  public init(
    _ experiments: [(name: String, experiment: FineTuningExperiment)], on data: FineTuningData,
    model: LanguageModel, seeds: [UInt64],
    folder: (_ method: String, _ seed: UInt64) -> URL? = { _, _ in nil }, resumes: Bool = false,
    saveInterval: Int? = nil, interruption: TrainingInterruption? = nil,
    store: ActivationStore = ActivationStore(), progress: (Event) -> Void = { _ in }
  ) throws {
    require(!experiments.isEmpty && !seeds.isEmpty, "MethodComparison: nothing to run")
    task = data.task.name
    (trainCount, developmentCount) = (data.train.count, data.development.count)
    let bare = try AdaptedModel(model, adapters: [])
    let evaluator = experiments[0].experiment.evaluator(data)
    let labels = try? LabelSet(of: data.train)
    let canAnswer =
      evaluator.mode != .label || labels.map { bare.labels?.covers($0) ?? false } ?? false
    untuned =
      data.test.isEmpty || !canAnswer ? nil : try evaluator.evaluate(bare, on: data.test).result
    constant =
      evaluator.mode == .loss
      ? nil
      : try data.constantAnswer.map { answer in
        try data.task.score(data.test.map { _ in answer }, for: data.test)
      }
    methods = []
    var firstError: (any Error)?
    let base = folder(experiments[0].name, seeds[0]) == nil ? "" : try model.identity()
    for (name, experiment) in experiments {
      var key =
        base.isEmpty ? nil : try experiment.key(model, base: base, on: data, store: store)
      var (runs, diverged) = ([FinishedRun](), [DivergedRun]())
      for seed in seeds {
        let part = folder(name, seed)
        if let part {
          try RunFolder.prepare(part: part, resumes: resumes, writing: Self.fileNames)
        }
        key?.settings.seed = seed
        if resumes, let part, let key, let earlier = FinishedRun(folder: part, key: key) {
          progress(.done(method: name, earlier.run))
          runs.append(earlier)
          continue
        }
        let place = FineTuningExperiment.Place(
          folder: try part.map {
            TrainingFolder(
              $0, resumes: resumes, interval: saveInterval,
              configuration: try experiment.decisiveSettings(for: model, on: data, store: store),
              interruption: interruption)
          },
          store: store)
        let outcome: (adapted: AdaptedModel, run: SeedRun)
        do {
          outcome = try experiment.run(model, on: data, seed: seed, place: place) {
            progress(.training(method: name, seed: seed, $0))
          }
        } catch  where error.isOfNumbers {
          firstError = firstError ?? error
          diverged.append(DivergedRun(seed: seed, reason: "\(error)"))
          progress(.diverged(method: name, diverged[diverged.count - 1]))
          continue
        }
        let (adapted, run) = outcome
        if let part {
          try adapted.write(
            to: part, seed: seed, steps: run.history.losses.count, writer: interchangeVersion)
        }
        let finished = FinishedRun(key, adapted, run)
        if let part { try finished.write(to: part) }
        progress(.done(method: name, run))
        runs.append(finished)
      }
      // All seeds train the same numbers; one that diverged left none to count.
      let untrained =
        runs.isEmpty ? try experiment.adapted(model, for: data, seed: seeds[0]) : nil
      methods.append(
        MethodRun(
          name: name, configuration: try experiment.configuration.effective(for: model),
          settings: experiment.settings,
          parameters: runs.first?.parameters ?? untrained?.parameterCount ?? 0,
          parameterShare: runs.first?.parameterShare ?? untrained?.parameterShare ?? 0,
          seeds: runs.map(\.run), diverged: diverged.isEmpty ? nil : diverged))
    }
    if let firstError, methods.allSatisfy(\.seeds.isEmpty) { throw firstError }
  }

  /// The files of a run with a seed, in its folder.
  public static let fileNames = TrainingFolder.fileNames + [FinishedRun.fileName]

  /// A run that came to its end; nil where all diverged.
  var firstRun: SeedRun? { methods.lazy.compactMap(\.seeds.first).first }

  /// The number of test examples.
  var measuredCount: Int {
    firstRun?.test?.score.accuracy.n ?? untuned?.score.accuracy.n ?? 0
  }

  /// The name of the main metric.
  public var metric: String {
    let values = untuned?.score.values ?? firstRun?.test?.score.values
    return values?.first?.metric.rawValue ?? "accuracy"
  }
}

/// Comparisons of one record, one for each data set.
public struct MethodComparisons: RunResult {
  public static let kind = "comparisons"

  public let comparisons: [MethodComparison]

  /// Comparisons on different data sets.
  public init(_ comparisons: [MethodComparison]) { self.comparisons = comparisons }

  public init(from decoder: any Decoder) throws {
    comparisons = try [MethodComparison](from: decoder)
  }

  public func encode(to encoder: any Encoder) throws { try comparisons.encode(to: encoder) }
}

extension RunResults {
  /// The comparisons of ``MethodComparisons``.
  public var comparisons: [MethodComparison]? { self[MethodComparisons.self]?.comparisons }
}
