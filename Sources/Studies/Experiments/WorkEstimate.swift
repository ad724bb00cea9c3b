import Foundation
import InterchangeBasics
import InterchangeCausalModels
import InterchangeFineTuning
import InterchangeModels

/// About how long some work takes on this machine, and how much memory it needs.
public struct WorkEstimate: Codable, Sendable {
  /// Wall-clock time.
  public var seconds: Double
  /// Weights, kept base runs and what a step keeps, in bytes.
  public var bytes: Double
}

/// Estimates work before it is done: one batch of it is run and timed.
///
/// The length of a training that goes on until it has converged isn't known; it is taken as
/// ``usualSteps``.
public final class WorkEstimator {
  /// The steps of a fit that ends when it has converged, on most data.
  public static let usualSteps = 250
  /// A backward pass with its forward pass, in forward passes.
  private static let step = 2.5
  private static let sampleSize = 32

  private let model: LanguageModel
  private var samples: [String: Sample] = [:]

  /// An estimator of work with a model.
  public init(_ model: LanguageModel) { self.model = model }

  /// Pairs of a task with the cost of running them.
  private struct Sample {
    let inputs: [(input: ModelInput, spans: [String: Range<Int>])]
    let store: ActivationStore
    /// Of a plain run, for each sequence.
    let baseSeconds: Double
    /// All pairs of the task.
    let pairs: Int
    var coneSeconds: [String: Double] = [:]
    /// The mean number of positions.
    var length: Double { Double(inputs.reduce(0) { $0 + $1.input.length }) / Double(inputs.count) }
  }

  private func sample(_ task: String, _ variable: String?, _ pairs: Int?, seed: UInt64) throws
    -> String
  {
    let key = "\(task) \(variable ?? "") \(pairs ?? 0)"
    guard samples[key] == nil else { return key }
    let source = try PairSources.named(task)
    let wish = PairWish(
      variable: variable, count: pairs ?? source.usualCount ?? 512, seed: seed)
    let parts = try source.parts(wish)
    let all = parts.train + parts.test
    let inputs = all.prefix(Self.sampleSize).map { pair in
      let ids = model.encode(pair.base.text).ids
      // A span's tokens are about where its share of the text is.
      let bytes = max(1, pair.base.text.utf8.count)
      let spans = pair.base.spans.mapValues { range in
        let end = min(ids.count, max(1, ids.count * range.upperBound / bytes))
        return end - 1..<end
      }
      return (input: model.network.architecture.input(ids), spans: spans)
    }
    guard !inputs.isEmpty else { throw CausalModelError.noSuchPairs(task, known: []) }
    let store = ActivationStore()
    let request = model.network.measuring(inputs.map(\.input))
    _ = try model.network.run(model.network.measuring([inputs[0].input]))
    let seconds = try Self.seconds { _ = try model.network.run(request, store: store) }
    samples[key] = Sample(
      inputs: inputs, store: store, baseSeconds: seconds / Double(inputs.count), pairs: all.count)
    return key
  }

  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = Date()
    try body()
    return Date().timeIntervalSince(start)
  }

  /// The time of a run with an edit, for each sequence whose base run is kept.
  private func cone(
    _ key: String, _ component: Component, _ layer: Int, _ position: (Int) -> Int
  ) throws -> Double {
    guard let sample = samples[key] else { return 0 }
    let inputs = sample.inputs
    let positions = inputs.map { [min(max(0, position($0.input.length)), $0.input.length - 1)] }
    let name = "\(component) \(layer) \(positions[0])"
    if let known = sample.coneSeconds[name] { return known }
    let edit = Edit(Cells(component, layer: layer, positions: positions)) { $0 }
    let request = model.network.measuring(inputs.map(\.input), edits: [edit])
    _ = try model.network.run(request, store: sample.store)
    let seconds = try Self.seconds { _ = try model.network.run(request, store: sample.store) }
    samples[key]?.coneSeconds[name] = seconds / Double(inputs.count)
    return seconds / Double(inputs.count)
  }

  private func bytes(_ key: String, sequences: Double, rows: Double) -> Double {
    guard let sample = samples[key] else { return 0 }
    let architecture = model.network.architecture
    let kept = Double(sample.store.byteCount) * sequences / Double(sample.inputs.count)
    return Double(architecture.weightBytes) + min(kept, Double(sample.store.budget))
      + 5 * rows * Double(architecture.recordedWidth)
  }

  /// A sweep of whole vectors over layers and positions.
  public func sweep(
    task: String, variable: String?, pairs: Int?, component: Component, places: Int,
    layers chosen: [Int]? = nil, limit: Int, seed: UInt64
  ) throws -> WorkEstimate {
    let key = try sample(task, variable, pairs, seed: seed)
    guard let sample = samples[key] else { return WorkEstimate(seconds: 0, bytes: 0) }
    let layers = chosen ?? Array(0..<model.layers)
    let middle = layers.reduce(0, +) / max(1, layers.count)
    // The mean of a cell, as a cell's work grows with the layers above and the positions after it.
    let cell = try cone(key, component, middle) { $0 / 2 }
    let swapped = Double(min(limit, sample.pairs))
    let sequences = 2 * Double(sample.pairs)
    return WorkEstimate(
      seconds: sequences * sample.baseSeconds
        + Double(places) * swapped * sample.length * Double(layers.count) * cell,
      bytes: bytes(key, sequences: sequences, rows: 0))
  }

  /// A fit of a subspace, or with 0 seeds the examination of a given one, with its controls.
  public func subspace(
    task: String, variable: String?, pairs: Int?, site: Site, steps: Int, batch: Int, seeds: Int,
    hasControls: Bool, seed: UInt64
  ) throws -> WorkEstimate {
    let key = try sample(task, variable, pairs, seed: seed)
    guard let sample = samples[key] else { return WorkEstimate(seconds: 0, bytes: 0) }
    let spans = sample.inputs[0].spans
    let cell = try cone(key, site.component, site.layer) { length in
      (try? site.positions.resolved(length: length, spans: spans).first) ?? length / 2
    }
    let pairs = Double(sample.pairs)
    let fit = Double(steps * batch) * Self.step * cell
    var seconds = 2 * pairs * sample.baseSeconds
    seconds += Double(seeds) * fit + Double(max(1, seeds)) * pairs * cell
    if hasControls {
      // The random model runs all pairs and is fitted, too; 24 other subspaces are measured.
      seconds += 2 * pairs * sample.baseSeconds + (seeds > 0 ? fit : 0) + 24 * 0.3 * pairs * cell
    }
    let rows = Double(batch) * Double(max(1, model.layers - site.layer))
    return WorkEstimate(seconds: seconds, bytes: bytes(key, sequences: 2 * pairs, rows: rows))
  }

  /// A training of an adapter.
  ///
  /// - Parameters:
  ///   - tests: examples that are measured at the end
  ///   - runs: trainings, one for each seed
  public func training(
    _ adapted: AdaptedModel, on examples: [TokenizedExample], tests: Int,
    _ settings: FineTuningSettings, runs: Int
  ) throws -> WorkEstimate {
    let batch = Array(examples.prefix(settings.batchSize))
    guard !batch.isEmpty else { return WorkEstimate(seconds: 0, bytes: 0) }
    let request = model.network.measuring(batch.map(\.input))
    _ = try model.network.run(model.network.measuring([batch[0].input]))
    let forward = try Self.seconds { _ = try model.network.run(request) } / Double(batch.count)
    let layers = Double(model.layers)
    let lowest = Double(adapted.interventions.map(\.site.layer).min() ?? 0)
    let share = (layers - lowest) / layers
    let epoch = (examples.count + settings.batchSize - 1) / settings.batchSize
    let steps = min(settings.maximumSteps ?? .max, settings.epochs * epoch)
    let seconds =
      Double(examples.count) * forward
      + Double(runs * steps * settings.batchSize) * forward * share * Self.step
      + Double((runs + 1) * tests) * forward
    let memory = try TrainingMemory(training: adapted, on: examples, settings)
    return WorkEstimate(seconds: seconds, bytes: Double(memory.total))
  }
}
