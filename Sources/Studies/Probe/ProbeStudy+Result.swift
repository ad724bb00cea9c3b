import Foundation
import InterchangeBasics
import InterchangeCircuits
import InterchangeFigures
import InterchangeModels
import InterchangeReports

extension ProbeStudy: RunResult {
  public static let kind = "probes"

  public var tables: [ResultTable] { [table] }

  /// Each layer's accuracy beside its controls.
  public var table: ResultTable {
    ResultTable(
      "Linear probes of \(label).",
      note: note,
      header: ["layer", "fit", "held out", "95 % interval", "control task", "selectivity"],
      rows: report.layers.map { layer in
        [
          "\(layer.layer)" + (layer.isConverged ? "" : " (not converged)"),
          String(format: "%.3f", layer.train.value), String(format: "%.3f", layer.test.value),
          String(format: "[%.3f, %.3f]", layer.test.interval[0], layer.test.interval[1]),
          layer.control.map { String(format: "%.3f", $0) } ?? ResultTable.nothing,
          layer.selectivity.map { String(format: "%+.3f", $0) } ?? ResultTable.nothing,
        ]
      })
  }

  public var dataTables: [ResultTable] {
    [
      ResultTable(
        header: [
          "layer", "train", "test", "low", "high", "n", "control", "selectivity", "converged",
        ],
        rows: report.layers.map { layer in
          [
            "\(layer.layer)", "\(layer.train.value)", "\(layer.test.value)",
            "\(layer.test.interval[0])", "\(layer.test.interval[1])", "\(layer.test.n)",
            layer.control.map { "\($0)" } ?? ResultTable.nothing,
            layer.selectivity.map { "\($0)" } ?? ResultTable.nothing, "\(layer.isConverged)",
          ]
        })
    ]
  }

  private var note: String {
    let fit = report.layers.first.map { "\($0.train.n) texts fitted, \($0.test.n) held out" } ?? ""
    let control = report.layers.first?.controls.count ?? 0
    return "\(fit), which share no \(disjoint). The most frequent label would reach "
      + String(format: "%.3f. ", report.constant.value)
      + (control == 0
        ? "No control task."
        : String(
          format: "Control task: random labels of %d different values of “%@”, "
            + "%d labelings, split at random; the fit has seen %.0f %% of the held-out ones.",
          report.types, type, control, 100 * report.seenTypes))
  }

  public func figures() -> [NamedFigure] { [NamedFigure("probes", LineChart(self))] }

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "probes", title: "What a linear probe reads",
        parts: [
          .text(
            "The label \(label) of \(task), read from \(place) at \(position)."
              + (notes.isEmpty ? "" : " Note: " + notes.joined(separator: "; ") + ".")),
          .drawn(figures()), .table(table),
        ], terms: [.interval, .selectivity])
    ]
  }

  var place: String {
    report.component.rawValue + (report.head.map { " of head \($0)" } ?? "")
  }

  /// The layer with the best probe.
  private var best: ProbeReport.Layer? {
    report.layers.max { ($0.test.value, $1.layer) < ($1.test.value, $0.layer) }
  }

  public var measures: [RunMeasure] {
    guard let best else { return [] }
    return [
      RunMeasure("probe’s accuracy", best.test, remark: "layer \(best.layer)")
    ] + (best.selectivity.map { [RunMeasure("selectivity", $0)] } ?? [])
  }
}

extension RunResults {
  /// The result of ``ProbeStudy``.
  public var probes: ProbeStudy? { self[ProbeStudy.self] }
}

extension ReportTerm {
  fileprivate static let selectivity = ReportTerm(
    "Selectivity", order: 49,
    "A probe’s accuracy less that of the same probe on a control task, in which every word or name "
      + "has a label at random (Hewitt and Liang 2019): a probe that only knows words by heart has "
      + "none.")
}

extension LineChart {
  /// Accuracy, control task and selectivity over layers.
  public init(_ study: ProbeStudy) {
    let layers = study.report.layers
    var test = Series(
      "held out", points: layers.map { Point(x: Double($0.layer), accuracy: $0.test) })
    test.intervals = .band
    let selectivity = Series(
      "selectivity",
      points: layers.map { Point(x: Double($0.layer), y: $0.selectivity ?? .nan) })
    var control = Series(
      "control task", points: layers.map { Point(x: Double($0.layer), y: $0.control ?? .nan) })
    control.isControl = true
    let hasControl = layers.contains { $0.control != nil }
    self.init(series: hasControl ? [test, selectivity, control] : [test])
    references = [ReferenceLine("most frequent label", at: study.report.constant.value)]
    title = "Linear probes of \(study.label)"
    subtitle = "\(study.task), \(study.place) at \(study.position)"
    (xTitle, yTitle) = ("layer", "accuracy")
    let least = layers.compactMap(\.selectivity).min() ?? 0
    valueRange = min(0, least - 0.02)...1.02
  }
}
