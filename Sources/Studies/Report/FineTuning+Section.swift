import Foundation
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels

extension FineTuningRun {
  /// What changed, and the losses.
  var section: ReportSection {
    ReportSection(
      kind: "fine-tuning", title: "\(method): before and after",
      parts: [.table(table), .drawn(figures())],
      terms: [.untuned, .interval, .parameters])
  }
}

extension MethodComparison {
  /// The table of methods, the figures, and every run.
  ///
  /// - Parameter isOne: whether the record has no other comparison
  func section(isOne: Bool) -> ReportSection {
    let isOneMethod = methods.count == 1
    var terms = ReportTerm.training
    if metric == Metric.loss.rawValue {
      terms.removeAll { $0 == .constantAnswer || $0 == .interval }
    }
    return ReportSection(
      kind: isOneMethod ? "fine-tuning" : "comparison of methods",
      title: isOneMethod
        ? "\(task): fine-tuning with \(methods[0].name)"
        : "\(task): methods at equal data, steps and seeds",
      parts: [
        .table(table), .drawn(figures(isOne: isOne)),
        .folded("Every run, and the settings", [seedTable, settingsTable]),
      ], terms: terms)
  }
}

extension MethodSearch {
  /// The trials and the effects of their choices.
  var section: ReportSection {
    ReportSection(
      kind: "search", title: "\(task): a search over methods and their choices",
      parts: trials.isEmpty
        ? [] : [.text("Best: \(winner.choices)."), .table(table), .drawn(figures())],
      terms: [.rounds, .effect, .parameters])
  }
}

extension EvaluationResult {
  /// The figures of merit with the interval.
  var section: ReportSection {
    let loss = String(format: "The mean loss is %.4f.", loss)
    return ReportSection(
      kind: "evaluation", title: "\(task): evaluation", parts: [.table(table), .text(loss)],
      terms: [.interval, .perplexity])
  }
}

extension SteeringRun {
  /// The vectors and what they do to a prompt.
  var section: ReportSection {
    let source = pairs.map { "found in \($0) contrast pairs by \(methodName)" } ?? "given"
    var parts: [ReportSection.Part] = [
      .text(
        "Vectors \(source) are added, times \(coefficient), at layers "
          + "\(LayerSelection.layers(layers))."
      )
    ]
    if let table { parts.append(.table(table)) }
    if let continuation {
      parts.append(
        .table(
          ResultTable(
            "A continuation.",
            header: ["", "text"],
            rows: [
              ["prompt", continuation.prompt], ["without the vectors", continuation.before],
              ["with them", continuation.after],
            ])))
    }
    return ReportSection(
      kind: "steering", title: "Steering vectors", parts: parts,
      terms: table == nil ? [] : [.steeringNorm, .orderedPairs])
  }

  private var methodName: String {
    switch method {
    case .principalComponent: "the first principal component of differences"
    case .differenceOfMeans, nil: "the difference of means"
    }
  }
}

extension CostGrowth {
  /// Each axis with its figure and its numbers.
  var section: ReportSection {
    let text =
      "\(model): batch \(batch), \(length) tokens, layer \(layer), rank \(rank), "
      + "\(threads) threads. "
      + String(
        format:
          "The machine reached %.0f GFLOP/s in large products and read %.1f GB/s of weights in "
          + "products with one row.", gflops, gigabytesPerSecond)
    return ReportSection(
      kind: "growth of cost", title: "How the time of a DAS step grows",
      parts: [
        .text(text), .drawn(figures()),
        .folded(
          "Every axis in numbers",
          axes.map { axis in
            var table = table(axis)
            table.title = "By \(axis.name)."
            return table
          }),
      ], terms: [.predictedTime])
  }
}
