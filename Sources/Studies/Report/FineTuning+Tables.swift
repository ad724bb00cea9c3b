import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning

extension FineTuningRun {
  /// Each measure before and after.
  public var table: ResultTable {
    ResultTable(
      "\(method), rank \(rank).",
      note: "Trained at \(site): \(parameters) parameters,"
        + String(format: " %.5f %% of the base.", 100 * parameterShare),
      header: ["share of answers", "before", "after"],
      rows: effects.map { [$0.name, $0.before.cell, $0.after.cell] })
  }
}

extension MethodComparison {
  /// Every method beside the untuned model and the most frequent answer.
  public var table: ResultTable {
    let steps = methods.first?.seeds.map(\.history.losses.count).max() ?? 0
    return ResultTable(
      "\(task).",
      note:
        "\(trainCount) examples to train on, \(developmentCount) to choose by, \(steps) steps of"
        + " \(methods.first?.settings.batchSize ?? 0), mean ± deviation of"
        + " \(methods.first?.seeds.count ?? 0) seeds.",
      header: header, rows: lines)
  }

  /// Every run: its metrics with the interval of what was right, and what it cost.
  var seedTable: ResultTable {
    let metrics = methods.first?.seeds.first?.test?.score.values.map(\.metric) ?? []
    return ResultTable(
      "Each run.", note: "Intervals are of the answers that were right.",
      header: ["method", "seed"] + metrics.map(\.rawValue)
        + ["95 % interval", "n", "loss", "steps", "last training loss", "seconds", "peak MiB"],
      rows: methods.flatMap { method in
        method.seeds.map { run in
          let score = run.test?.score
          let values = metrics.map { metric in
            numberCell(score?.values.first { $0.metric == metric }?.value, "%.3f")
          }
          let measured = metrics.contains(.loss) ? nil : score?.accuracy.cells
          return [method.name, "\(run.seed)"] + values
            + [measured?[1] ?? ResultTable.nothing, measured?[2] ?? ResultTable.nothing]
            + [numberCell(run.test?.loss, "%.4f"), "\(run.history.losses.count)"]
            + [
              numberCell(run.history.losses.last, "%.4f"), numberCell(run.trainingSeconds, "%.0f"),
            ]
            + [numberCell(run.peakMiB, "%.0f")]
        }
      })
  }

  /// What each method was trained with.
  var settingsTable: ResultTable {
    ResultTable(
      "Settings.",
      header: ["method", "rate", "epochs", "batch", "warm-up", "weight decay", "NEFTune α"],
      rows: methods.map { method in
        let settings = method.settings
        return [
          method.name, "\(settings.learningRate)", "\(settings.epochs)", "\(settings.batchSize)",
          "\(settings.warmup)", "\(settings.weightDecay)",
          numberCell(settings.embeddingNoise, "%g"),
        ]
      })
  }
}

extension EvaluationResult {
  /// The figures of merit, one a line.
  public var table: ResultTable {
    var rows = score.values.map { value in
      [value.metric.rawValue, value.value.map { String(format: "%.4f", $0) } ?? "undefined"]
    }
    rows.append(["right, 95 % interval", score.accuracy.summary])
    rows.append(["without an answer", "\(score.unanswered)"])
    if let perplexity { rows.append(["perplexity", String(format: "%.3f", perplexity)]) }
    return ResultTable(header: [task, mode.rawValue], rows: rows)
  }
}

extension SteeringRun {
  /// What is known of each layer's vector; nil for given vectors.
  public var table: ResultTable? {
    guard let summaries, let pairs else { return nil }
    return ResultTable(
      header: ["layer", "norm", "of the stream's", "unseen pairs in order"],
      rows: summaries.map { summary in
        [
          "\(summary.layer)", String(format: "%.3f", summary.norm),
          String(format: "%.3f", summary.relativeNorm),
          summary.orderedPairs.map { "\($0)/\(pairs)" } ?? ResultTable.nothing,
        ]
      })
  }
}

extension MethodSearch {
  /// The trials, the last round first and the best of each first.
  public var table: ResultTable {
    ResultTable(
      "\(task).",
      note: "\(trainCount) examples to train on, \(developmentCount) to choose by "
        + "(\(metric)); \(trials.reduce(0) { $0 + $1.steps }) steps in all.",
      header: Self.header, rows: lines)
  }
}

extension CostGrowth {
  /// Measured and predicted time along one axis.
  public func table(_ axis: Axis) -> ResultTable {
    ResultTable(
      header: [axis.name, "ms", "predicted", "rows"],
      rows: axis.points.map {
        [
          "\($0.value)", String(format: "%.1f", 1e3 * $0.seconds),
          String(format: "%.1f", 1e3 * $0.predicted), "\($0.rows)",
        ]
      })
  }
}
