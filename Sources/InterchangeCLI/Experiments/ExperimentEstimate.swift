import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

/// The points of an experiment before anything runs.
struct ExperimentEstimate {
  private let plan: ExperimentPlan
  private let points: [ExperimentPoint]
  private let models: LoadedModels

  init(_ plan: ExperimentPlan, _ points: [ExperimentPoint], models: LoadedModels) {
    (self.plan, self.points, self.models) = (plan, points, models)
  }

  /// A point with its words and its estimate.
  private struct Line: Encodable {
    let name: String
    let command: String
    let estimate: WorkEstimate?
  }

  func show(json: Bool) throws {
    let context = CommandContext([], models: models, isSilent: true)
    let lines = try CommandContext.$current.withValue(context) { try estimated() }
    if json { return try Output.print(json: lines) }
    Output.print(
      ResultTable(
        header: ["point", "time", "memory"],
        rows: lines.map { line in
          [
            line.name, line.estimate.map { Self.rough($0.seconds) } ?? ResultTable.nothing,
            line.estimate.map { Self.size($0.bytes) } ?? ResultTable.nothing,
          ]
        }))
    let known = lines.compactMap(\.estimate)
    let seconds = known.reduce(0) { $0 + $1.seconds }
    let unknown = lines.count - known.count
    Output.print(
      "\(lines.count) points, about \(Self.rough(seconds)), at most "
        + Self.size(known.map(\.bytes).max() ?? 0)
        + (unknown > 0 ? "; \(unknown) without an estimate" : ""))
  }

  /// The points with estimates, those of the same model with one estimator.
  private func estimated() throws -> [Line] {
    var estimators: [String: WorkEstimator] = [:]
    return try points.map { point in
      let words = point.arguments { plan.points[$0].name }
      let command = try CommandDefinition.parse(words, at: point.node)
      var estimate: WorkEstimate?
      if let command = command as? any EstimatedCommand {
        let name = command.model.model
        let estimator = try estimators[name] ?? WorkEstimator(command.model.load())
        estimators[name] = estimator
        do {
          estimate = try command.estimate(estimator)
        } catch {
          throw point.node.fault("\(error)")
        }
      }
      return Line(name: point.name, command: words.joined(separator: " "), estimate: estimate)
    }
  }

  /// A time of which no more than the order is known.
  private static func rough(_ seconds: Double) -> String {
    seconds < 10 ? "\(max(1, Int(seconds.rounded()))) s" : RunRecord.duration(seconds)
  }

  private static func size(_ bytes: Double) -> String {
    bytes < 0x1p30
      ? String(format: "%.0f MiB", bytes / 0x1p20) : String(format: "%.1f GiB", bytes / 0x1p30)
  }
}

/// A command whose time and memory can be told before it runs.
protocol EstimatedCommand {
  var model: ModelArgument { get }
  /// - Throws: errors about its options and data, as its run would.
  func estimate(_ work: WorkEstimator) throws -> WorkEstimate
}

extension SweepCommand: EstimatedCommand {
  func estimate(_ work: WorkEstimator) throws -> WorkEstimate {
    let places = try self.places.resolved(in: model.load().network)
    return try work.sweep(
      task: task.task, variable: task.variable, pairs: task.pairs,
      component: places[0].component, places: places.count,
      layers: parts.layers.resolved(model.load().layers), limit: limit, seed: common.seed)
  }
}

extension DASCommand: EstimatedCommand {
  func estimate(_ work: WorkEstimator) throws -> WorkEstimate {
    let sites = try site.resolved(in: model.load())
    let trained = Double(task.pairs ?? 512) * 0.7 * (1 - fit.validationShare)
    let steps =
      fit.steps ?? fit.epochs.map { $0 * max(1, Int(trained) / fit.batch) }
      ?? min(fit.maxSteps, WorkEstimator.usualSteps)
    // Each further site, and each rank of some, is a fit too.
    let ranks = dimension.boundless || dimension.rank == .chosen ? 8 : 1
    return try work.subspace(
      task: task.task, variable: task.variable, pairs: task.pairs, site: sites[sites.count / 2],
      steps: steps, batch: fit.batch, seeds: seeds * ranks + (sites.count > 1 ? sites.count : 0),
      hasControls: !controls.kinds.isEmpty, seed: common.seed)
  }
}

extension ExamineCommand: EstimatedCommand {
  func estimate(_ work: WorkEstimator) throws -> WorkEstimate {
    // The adapter may not be there yet: as if it were in the middle.
    let site = Site.blockOutput(try model.load().layers / 2, .last)
    return try work.subspace(
      task: task.task, variable: task.variable, pairs: task.pairs, site: site, steps: 0, batch: 32,
      seeds: 0, hasControls: !controls.kinds.isEmpty, seed: common.seed)
  }
}

extension FinetuneCommand: EstimatedCommand {
  func estimate(_ work: WorkEstimator) throws -> WorkEstimate {
    let model = try model.load()
    let data = try self.data.fitted(self.data.read(), to: model).data
    // A subspace and choices may not be there yet.
    var options = methodOptions
    options.forgetSubspace()
    let experiment = try FineTuningExperiment(
      MethodChoices(method), options, training, self.data, model, data, common)
    let adapted = try experiment.adapted(model, for: data, seed: common.seed)
    return try work.training(
      adapted, on: experiment.evaluator(data).tokenized(data.train, by: adapted),
      tests: data.test.count, experiment.settings, runs: seeds)
  }
}
