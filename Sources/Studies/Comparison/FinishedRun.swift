import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors

/// A run of a comparison that came to its end, kept beside its adapter: a comparison that goes on
/// takes what it found instead of measuring it again.
struct FinishedRun: Codable {
  /// All that decides the outcome.
  struct Key: Codable, Equatable {
    let version: String
    /// The weights' hash, and how many bytes they take in memory.
    let base: String
    let weightBytes: Int
    let storePrecision: ActivationStore.Precision
    let task: String
    let train: String
    let development: String
    let test: String
    /// Of the test examples, by which they are judged.
    let answers: [String]
    let configuration: AdapterConfiguration
    /// The shapes of what is trained.
    let parameters: [[Int]]
    var settings: FineTuningSettings
    let mode: AnswerMode
    let pooling: LabelHead.Pooling?
    let keepsBest: Bool
  }

  static let fileName = "outcome.json"

  /// Nil for a run that can't be told from others.
  private let key: Key?
  let parameters: Int
  let parameterShare: Double
  let run: SeedRun

  init(_ key: Key?, _ adapted: AdaptedModel, _ run: SeedRun) {
    (self.key, self.run) = (key, run)
    (parameters, parameterShare) = (adapted.parameterCount, adapted.parameterShare)
  }

  /// The run that was left in its folder; nil where there is nothing, or it is of another run.
  init?(folder: URL, key: Key) {
    guard let data = try? Data(contentsOf: folder.appending(component: Self.fileName)),
      let found = try? JSONDecoder.ofRecords.decode(FinishedRun.self, from: data), found.key == key
    else { return nil }
    self = found
  }

  func write(to folder: URL) throws {
    try writeAtomically(
      JSONEncoder.ofRecords.encode(self), to: folder.appending(component: Self.fileName))
  }
}

extension FineTuningExperiment {
  /// All that decides the outcome of a run but for its seed; nil where vectors or a subspace were
  /// handed in, which nothing names.
  ///
  /// - Parameter base: the model's identity
  func key(
    _ model: LanguageModel, base: String, on data: FineTuningData, store: ActivationStore
  ) throws -> FinishedRun.Key? {
    guard inputs.subspace == nil && inputs.steeringVectors == nil else { return nil }
    let untrained = try adapted(model, for: data, seed: settings.seed)
    let evaluator = evaluator(data)
    func identity(_ examples: [TaskExample]) throws -> String {
      try evaluator.tokenized(examples, by: untrained).identity
    }
    return FinishedRun.Key(
      version: interchangeVersion, base: base, weightBytes: model.architecture.weightBytes,
      storePrecision: store.precision, task: "\(data.task)", train: try identity(data.train),
      development: try identity(data.development), test: try identity(data.test),
      answers: data.test.map { ([$0.answer ?? ""] + $0.choices).joined(separator: " | ") },
      configuration: configuration, parameters: untrained.parameters.map(\.value.shape),
      settings: settings, mode: mode, pooling: pooling, keepsBest: keepsBest)
  }
}
