import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeReports

extension MethodComparisons {
  /// A table of methods for each data set.
  public var tables: [ResultTable] { comparisons.map(\.table) }
}

extension MethodComparison {
  /// Every method beside the untuned model and the most frequent answer.
  public var table: ResultTable {
    let trained = methods.first { !$0.seeds.isEmpty }
    let steps = trained?.seeds.map(\.history.losses.count).max() ?? 0
    return ResultTable(
      "\(task).",
      note:
        "\(trainCount) examples to train on, \(developmentCount) to choose by, \(steps) steps of"
        + " \(methods.first?.settings.batchSize ?? 0), mean ± deviation of"
        + " \(methods.first?.seedCount ?? 0) seeds.",
      header: header, rows: lines)
  }

  /// Every run: its metrics with the interval of what was right, and what it cost.
  var seedTable: ResultTable {
    let metrics = firstRun?.test?.score.values.map(\.metric) ?? []
    return ResultTable(
      "Each run.", note: "Intervals are of the answers that were right.",
      header: ["method", "seed"] + metrics.map(\.rawValue)
        + ["95 % interval", "n", "loss", "steps", "last training loss", "seconds", "peak MiB"],
      rows: methods.flatMap { method in
        method.seeds.map { run in
          let score = run.test?.score
          let values = metrics.map { metric in
            ResultTable.number(score?.values.first { $0.metric == metric }?.value, "%.3f")
          }
          let measured = metrics.contains(.loss) ? nil : score?.accuracy.cells
          return [method.name, "\(run.seed)"] + values
            + [measured?[1] ?? ResultTable.nothing, measured?[2] ?? ResultTable.nothing]
            + [ResultTable.number(run.test?.loss, "%.4f"), "\(run.history.losses.count)"]
            + [
              ResultTable.number(run.history.losses.last, "%.4f"),
              ResultTable.number(run.trainingSeconds, "%.0f"),
            ]
            + [ResultTable.number(run.peakMiB, "%.0f")]
        }
          + (method.diverged ?? []).map { run in
            let none = ResultTable.nothing
            return [method.name, "\(run.seed)"] + metrics.map { _ in none }
              + [none, none, none, none, "diverged", none, none]
          }
      })
  }

  /// The settings that each method was trained with.
  var settingsTable: ResultTable {
    ResultTable(
      "Settings.",
      header: ["method", "rate", "epochs", "batch", "warm-up", "weight decay", "NEFTune α"],
      rows: methods.map { method in
        let settings = method.settings
        return [
          method.name, "\(settings.learningRate)", "\(settings.epochs)", "\(settings.batchSize)",
          "\(settings.warmup)", "\(settings.weightDecay)",
          ResultTable.number(settings.embeddingNoise, "%g"),
        ]
      })
  }

  /// The lines of a table: method, share of parameters, metric, perplexity, seconds a run, peak
  /// memory.
  private var lines: [[String]] {
    var lines: [[String]] = []
    let none = ResultTable.nothing
    if let constant {
      lines.append([
        "most frequent answer", "0", "0", ResultTable.number(constant.values.first?.value, "%.3f"),
        none, none, none,
      ])
    }
    if let untuned {
      lines.append([
        "untuned", "0", "0", ResultTable.number(untuned.score.values.first?.value, "%.3f"),
        ResultTable.number(untuned.perplexity, "%.2f"), none, none,
      ])
    }
    for method in methods {
      let seconds = method.seeds.compactMap(\.trainingSeconds)
      lines.append([
        method.name, "\(method.parameters)", String(format: "%.4f", 100 * method.parameterShare),
        method.divergence ?? ResultTable.spread(method.score, "%.3f"),
        ResultTable.spread(method.perplexity, "%.2f"),
        seconds.isEmpty ? none : String(format: "%.0f", SeedStatistics(seconds).mean),
        method.seeds.isEmpty
          ? none : String(format: "%.0f", method.seeds.map(\.peakMiB).max() ?? 0),
      ])
    }
    return lines
  }

  /// The heads of ``lines``.
  private var header: [String] {
    let n = measuredCount
    return [
      task, "parameters", "% of base", "\(metric), n = \(n)", "perplexity", "seconds a run",
      "peak MiB",
    ]
  }
}

extension MethodRun {
  /// The number of runs, those that diverged too.
  var seedCount: Int { seeds.count + (diverged?.count ?? 0) }

  /// The words for runs that diverged; nil for none.
  fileprivate var divergence: String? {
    diverged.map { seeds.isEmpty ? "diverged" : "diverged: \($0.count) of \(seedCount)" }
  }
}
