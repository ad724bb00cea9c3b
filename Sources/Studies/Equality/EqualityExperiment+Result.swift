import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension EqualityExperiment: RunResult {
  public static let kind = "equality"

  /// The paper's table.
  public var tables: [ResultTable] { [table] }

  public func figures() -> [NamedFigure] { [NamedFigure("equality", LineChart(self))] }

  /// The paper's table with its figure, and every line's numbers.
  public var sections: [ReportSection] {
    let details = lines.map { line in
      var table = line.report.explainedTable(isFitted: true)
      table.title = "\(line.variable), hidden layer \(line.layer)."
      table.note = line.report.fitLine
      return table
    }
    return [
      ReportSection(
        kind: "hierarchical equality", title: "Hierarchical equality",
        parts: [
          .text(
            "A perceptron is trained to tell whether two equalities agree; then each variable of the "
              + "high-level model is sought in each hidden layer."), .table(table),
          .drawn(figures()), .folded("Every line with its controls", details),
        ], terms: ReportTerm.alignment)
    ]
  }

  /// The paper's table: each variable in each layer, beside its controls.
  public var table: ResultTable {
    let controls: [ControlKind] = [.randomSubspaces, .principalComponents, .randomModel, .selfSwap]
    return ResultTable(
      "Hierarchical equality.",
      note: "DAS on a perceptron (accuracy \(networkAccuracy.summary)), 8 dimensions"
        + " swapped in all, n = \(lines.first?.report.test.n ?? 0); chance is 0.50.",
      header: [
        "variable", "hidden layer", "published", "IIA, held out", "random subspaces", "PCA",
        "random model", "self-swap",
      ],
      rows: lines.map { line in
        [line.variable, "\(line.layer)", line.published ?? ResultTable.nothing]
          + [line.report.test.cell] + controls.map(line.report.cell)
      })
  }
}

extension RunResults {
  /// The result of ``EqualityExperiment``.
  public var equality: EqualityExperiment? { self[EqualityExperiment.self] }
}

extension LineChart {
  /// The equality table: each variable and layer beside its controls.
  public init(_ experiment: EqualityExperiment) {
    func marks(_ name: String, _ value: (AlignmentReport) -> Accuracy?) -> Series {
      var series = Series(
        name,
        points: experiment.lines.enumerated().compactMap { place, line in
          value(line.report).map { Point(x: Double(place), accuracy: $0) }
        })
      series.isJoined = false
      return series
    }
    self.init(
      series: [
        marks("DAS, held out", \.test),
        marks("random subspaces") { $0.control(.randomSubspaces)?.iia },
        marks("PCA") { $0.control(.principalComponents)?.iia },
        marks("random model") { $0.control(.randomModel)?.iia },
      ])
    title = "Hierarchical equality"
    subtitle = "8 dimensions swapped in all, n = \(experiment.lines.first?.report.test.n ?? 0)"
    yTitle = "interchange intervention accuracy"
    horizontalScale = .categories(experiment.lines.map { "\($0.variable), layer\u{A0}\($0.layer)" })
    references = [ReferenceLine("chance", at: 0.5)]
    valueRange = 0...1
    pageSize = FigureSize(width: 11, height: 7.5)
  }
}
