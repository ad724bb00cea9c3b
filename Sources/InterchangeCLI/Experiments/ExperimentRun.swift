import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

/// The points of a document, run one after another with the model in memory.
struct ExperimentRun {
  private let plan: ExperimentPlan
  private let commands: [CommandDefinition]
  private let models = LoadedModels()

  /// A document whose every point has words that its command understands.
  init(_ document: ExperimentDocument) throws {
    commands = try CommandDefinition.all()
    plan = try ExperimentPlan(document, commands: commands)
    for point in plan.points {
      _ = try CommandDefinition.parse(
        point.arguments { plan.points[$0].name }, at: point.node)
    }
  }

  func run(_ options: RunCommand) throws {
    let range = try options.points.map(plan.range) ?? plan.points.indices
    let chosen = plan.withNeeds(range)
    let path =
      options.out ?? URL(userPath: plan.document.source).deletingPathExtension().lastPathComponent
      + "-output"
    if options.dryRun {
      return try ExperimentEstimate(plan, chosen, models: models).show(json: options.json)
    }
    let inputs = try ExperimentInputs(plan) { try models.identity($0) }
    let folder = try ExperimentFolder(
      URL(userPath: path), for: plan, inputs: inputs, resumes: options.resume, note: Output.note)
    var clock = PointClock(chosen)
    for point in chosen {
      if let finished = folder.finished(point) {
        clock.took(finished.seconds, point)
        continue
      }
      Output.note(clock.line(point, of: plan.points.count))
      let started = Date()
      let output = try run(point, in: folder, resumes: options.resume)
      try folder.finish(point, started: started, output: output)
      clock.took(Date().timeIntervalSince(started), point)
    }
    guard let record = try folder.record() else {
      Output.note(
        "\(chosen.count) of \(plan.points.count) points are in \(path); `interchange gather` puts "
          + "the parts together")
      return
    }
    try ExperimentOutput.finish(record, in: folder.url, json: options.json)
  }

  /// Runs a point in its folder.
  ///
  /// - Returns: what the command printed
  private func run(
    _ point: ExperimentPoint, in folder: ExperimentFolder, resumes: Bool
  ) throws -> String {
    try folder.prepare(point)
    let words = point.arguments { folder.path(of: plan.points[$0]) }
    let definition = commands.first { $0.name == point.command }
    let goesOn = resumes && definition?.arguments.contains { $0.name == "resume" } == true
    var command = try CommandDefinition.parse(
      words + ["--out", folder.path(of: point)] + (goesOn ? ["--resume"] : []), at: point.node)
    let context = CommandContext(words, models: models, isSilent: true)
    do {
      try CommandContext.$current.withValue(context) { try command.run() }
    } catch {
      Output.note("point \(point.name) was not finished; what is finished stays for --resume")
      throw error
    }
    return context.printed
  }
}

/// The time that is left, from that of the points so far.
struct PointClock {
  private var open: [String: Int]
  private var taken: [String: (seconds: Double, count: Int)] = [:]

  init(_ points: [ExperimentPoint]) {
    open = Dictionary(points.map { ($0.step, 1) }, uniquingKeysWith: +)
  }

  /// Counts a point that is done.
  mutating func took(_ seconds: Double, _ point: ExperimentPoint) {
    open[point.step, default: 1] -= 1
    let earlier = taken[point.step] ?? (0, 0)
    taken[point.step] = (earlier.seconds + seconds, earlier.count + 1)
  }

  /// The line before a point.
  func line(_ point: ExperimentPoint, of count: Int) -> String {
    let axes = point.axes.map { " \($0.name) \($0.value)" }.joined(separator: ",")
    let left = open.reduce(0.0) { total, step in
      guard let known = taken[step.key] else { return total }
      return total + Double(step.value) * known.seconds / Double(known.count)
    }
    let rest =
      left > 0
      ? "; about \(RunRecord.duration(left)) left"
        + (open.contains { $0.value > 0 && taken[$0.key] == nil } ? " and steps to come" : "")
      : ""
    return "[\(point.index + 1)/\(count)] \(point.step):\(axes.isEmpty ? "" : axes)\(rest)"
  }
}
