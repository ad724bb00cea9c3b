import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors

/// A search over methods and their choices by successive halving (arXiv 1502.07943): many
/// combinations are trained for a few steps, the better ones again for more, and so on; what can't
/// win is not trained on. All trials see the same data in the same order, and what lies below their
/// edits is computed once for all of them.
public struct MethodSearch: Codable, Sendable {
  /// The cost that a search may have.
  public enum Budget: Sendable, Equatable {
    /// Optimiser steps of all trials together.
    case steps(Int)
    /// Minutes; the first trial is measured to tell how many steps that is.
    case minutes(Double)
  }

  /// One training.
  public struct Trial: Codable, Sendable {
    public let choices: MethodChoices
    /// The number of rounds before, in which it was among the best.
    public let round: Int
    /// The optimiser steps that it was trained for.
    public let steps: Int
    /// The main metric on the development examples; nil where it isn't defined, or the training
    /// diverged.
    public let score: Double?
    /// The mean loss there, by which equal scores are ordered.
    public let loss: Double?
    /// Trained numbers, and their share of the base model's; 0 for a training that diverged.
    public let parameters: Int
    public let parameterShare: Double
    /// Wall-clock time of the training and the measure.
    public let seconds: Double

    /// Tells whether it did better than another one.
    func isBetter(than other: Trial) -> Bool {
      (score ?? -.infinity, -(loss ?? .infinity))
        > (other.score ?? -.infinity, -(other.loss ?? .infinity))
    }
  }

  /// A step of a search, told while it runs.
  public enum Event {
    /// A round begins.
    case round(Int, trials: Int, steps: Int)
    case trained(Trial)
  }

  /// The number of trials of which one goes on to the next round.
  static let reduction = 3

  public let task: String
  public let metric: String
  public let trainCount: Int
  public let developmentCount: Int
  public private(set) var trials: [Trial] = []
  /// The best trial of the last round.
  public var winner: Trial { trials.filter { $0.round == lastRound }.best }

  var lastRound: Int { trials.map(\.round).max() ?? 0 }

  /// Searches.
  ///
  /// - Parameters:
  ///   - spaces: the methods with the values to choose from; trials are spread evenly over them
  ///   - data: trials are ordered by its development examples; its test part is not touched
  ///   - seed: of the choices that are drawn, and of every training
  ///   - maximumTrials: of the first round
  ///   - make: the experiment of a trial
  /// - Throws: `FineTuningError` without development examples or for a budget that is too small for
  ///   one trial; as ``FineTuningExperiment/run(_:on:seed:place:progress:)``, but a training that
  ///   diverges only loses.
  public init(
    _ spaces: [MethodSpace], on data: FineTuningData, model: LanguageModel, budget: Budget,
    seed: UInt64, maximumTrials: Int = 27, store: ActivationStore = ActivationStore(),
    make: @escaping (MethodChoices) throws -> FineTuningExperiment,
    progress: (Event) -> Void = { _ in }
  ) throws {
    guard !data.development.isEmpty else {
      throw FineTuningError.invalidSetting(
        name: "development share", expected: "examples to choose by", found: "none")
    }
    let judged = FineTuningData(
      task: data.task, train: data.train, development: [], test: data.development)
    (task, trainCount) = (data.task.name, data.train.count)
    developmentCount = data.development.count
    metric = data.task.metrics.first?.rawValue ?? "accuracy"
    let trainer = Trainer(data: judged, model: model, seed: seed, store: store, make: make)
    let deadline = budget.deadline
    var candidates = Self.candidates(maximumTrials, from: spaces, seed: seed)
    let steps = try budget.steps { try trainer.secondsPerStep(candidates[0]) }
    var rounds = Self.rounds(candidates.count)
    // Fewer trials rather than trainings of nothing.
    while rounds > 1, steps / (rounds * candidates.count) < Self.leastSteps {
      candidates.removeLast(max(1, candidates.count / 4))
      rounds = Self.rounds(candidates.count)
    }
    let first = steps / (rounds * candidates.count)
    guard first >= 1 else {
      throw FineTuningError.invalidSetting(
        name: "budget", expected: "at least a step for a trial", found: "\(steps) steps")
    }
    for round in 0..<rounds {
      let length = first * Int(pow(Double(Self.reduction), Double(round)))
      progress(.round(round, trials: candidates.count, steps: length))
      var done: [Trial] = []
      for candidate in candidates where done.isEmpty || deadline.map({ Date() < $0 }) ?? true {
        let trial = try trainer.trial(candidate, round: round, steps: length)
        done.append(trial)
        progress(.trained(trial))
      }
      trials += done
      if let deadline, Date() >= deadline { break }
      candidates = done.sorted { $0.isBetter(than: $1) }
        .prefix(max(1, candidates.count / Self.reduction)).map(\.choices)
    }
    guard winner.score != nil || winner.loss != nil else {
      throw FineTuningError.diverged(step: winner.steps)
    }
  }

  /// So few steps say nothing of a method.
  private static let leastSteps = 6

  /// Until one trial is left.
  static func rounds(_ trials: Int) -> Int {
    var (rounds, left) = (1, trials)
    while left >= reduction {
      left /= reduction
      rounds += 1
    }
    return rounds
  }

  /// The combinations that a search begins with: without repetition, from each space in turn.
  ///
  /// - Parameter count: how many at most
  public static func candidates(
    _ count: Int, from spaces: [MethodSpace], seed: UInt64
  ) -> [MethodChoices] {
    var generator = RandomGenerator(seed: seed ^ 0x7475_6E65_0000_0000)
    var orders = spaces.map { space in
      Array((0..<space.count).shuffled(using: &generator).prefix(count))
    }
    var drawn: [MethodChoices] = []
    while drawn.count < count, orders.contains(where: { !$0.isEmpty }) {
      for index in orders.indices where !orders[index].isEmpty && drawn.count < count {
        drawn.append(spaces[index][orders[index].removeFirst()])
      }
    }
    return drawn
  }
}

/// The parts that all trials of a search have in common.
private struct Trainer {
  let data: FineTuningData
  let model: LanguageModel
  let seed: UInt64
  let store: ActivationStore
  let make: (MethodChoices) throws -> FineTuningExperiment

  private func experiment(_ choices: MethodChoices, steps: Int) throws -> FineTuningExperiment {
    var experiment = try make(choices)
    experiment.settings.maximumSteps = steps
    experiment.settings.epochs = max(
      experiment.settings.epochs, steps * experiment.settings.batchSize / data.train.count + 1)
    experiment.keepsBest = false
    return experiment
  }

  func trial(_ choices: MethodChoices, round: Int, steps: Int) throws -> MethodSearch.Trial {
    let start = Date()
    let experiment = try experiment(choices, steps: steps)
    var found: (adapted: AdaptedModel, run: SeedRun)?
    do {
      found = try experiment.run(
        model, on: data, seed: seed, place: FineTuningExperiment.Place(store: store))
    } catch  where error.isOfNumbers {
      // A rate that is too high loses; it doesn't end the search.
    }
    let test = found?.run.test
    return MethodSearch.Trial(
      choices: choices, round: round, steps: steps,
      score: experiment.mode == .loss ? nil : test?.score.values.first?.value,
      loss: test?.loss, parameters: found?.adapted.parameterCount ?? 0,
      parameterShare: found?.adapted.parameterShare ?? 0,
      seconds: Date().timeIntervalSince(start))
  }

  /// With its share of the measure at the end, which is what short trials spend most on.
  func secondsPerStep(_ choices: MethodChoices) throws -> Double {
    try trial(choices, round: 0, steps: 6).seconds / 6
  }
}

extension MethodSearch.Budget {
  fileprivate var deadline: Date? {
    guard case .minutes(let minutes) = self else { return nil }
    return Date().addingTimeInterval(60 * minutes)
  }

  fileprivate func steps(_ secondsPerStep: () throws -> Double) rethrows -> Int {
    // No machine takes more, and products with it don't overflow.
    let most = 1 << 40
    return switch self {
    case .steps(let steps): min(steps, most)
    case .minutes(let minutes): Int(min(Double(most), 60 * minutes / (try secondsPerStep())))
    }
  }
}

extension [MethodSearch.Trial] {
  fileprivate var best: MethodSearch.Trial { self.max { $1.isBetter(than: $0) }! }
}
