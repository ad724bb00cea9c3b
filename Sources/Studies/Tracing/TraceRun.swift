import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeModels
import InterchangeReports

/// A causal tracing of one text, or of the prompts of a task.
public struct TraceRun: RunResult {
  public static let kind = "trace"

  /// The text, or the task's name.
  public let source: String
  /// The answer that was traced; nil where each prompt has its own.
  public let answer: String?
  /// The tokens of a single text, those of its subject marked with a star; empty for a task.
  public let tokens: [String]
  /// The numbers.
  public let trace: CausalTrace

  /// A tracing.
  ///
  /// - Parameters:
  ///   - source: the text, or the task's name
  ///   - tokens: a label for each position of a single text
  public init(source: String, answer: String?, tokens: [String], trace: CausalTrace) {
    (self.source, self.answer, self.tokens, self.trace) = (source, answer, tokens, trace)
  }

  /// Reads a tracing with a label for each column.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    source = try values.decode(String.self, forKey: .source)
    answer = try values.decodeIfPresent(String.self, forKey: .answer)
    tokens = try values.decode([String].self, forKey: .tokens)
    trace = try values.decode(CausalTrace.self, forKey: .trace)
    guard labels.count == trace.width else {
      throw DecodingError.dataCorruptedError(
        forKey: .tokens, in: values,
        debugDescription: "expected \(trace.width) labels, found \(labels.count)")
    }
  }

  /// The labels of the columns.
  var labels: [String] { trace.columns.isEmpty ? tokens : trace.columns }

  /// The strongest places of each map.
  public var tables: [ResultTable] { [table] }

  /// The probabilities after the clean and the corrupted prompt, and the strongest place of each
  /// map.
  public var table: ResultTable {
    let places = trace.maps.compactMap { map -> [String]? in
      guard let best = strongest(map) else { return nil }
      return [
        Self.name(map), "\(trace.layers[best.row])", labels[best.column],
        map.cells[best.row][best.column].probability, effect(map, best.row, best.column),
      ]
    }
    return ResultTable(
      "Causal tracing: \(source).",
      note: note,
      header: ["restored", "layer", "position", "p(answer)", "indirect effect"],
      rows: [
        ["everything: the prompt as it is", "", "", trace.clean.probability, ""],
        ["nothing: the corrupted prompt", "", "", trace.corrupted.probability, ""],
      ] + places)
  }

  /// Every cell in a row of its own, with all digits.
  public var dataTables: [ResultTable] {
    [
      ResultTable(
        header: [
          "restored", "window", "layer", "column", "label", "p(answer)", "low", "high", "n",
        ],
        rows: trace.maps.flatMap { map in
          trace.layers.indices.flatMap { row in
            labels.indices.map { column in
              let cell = map.cells[row][column]
              let ends = cell.interval.map { $0.map(ResultTable.exact) } ?? ["", ""]
              return [
                map.component.rawValue, "\(map.window)", "\(trace.layers[row])", "\(column)",
                labels[column], cell.value.map(ResultTable.exact) ?? "",
              ] + ends + ["\(cell.n)"]
            }
          }
        })
    ]
  }

  public func figures() -> [NamedFigure] { [NamedFigure("trace", HeatmapGrid(self))] }

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "trace", title: "Causal tracing: \(source)",
        parts: [
          .text(
            "The subject’s token vectors are corrupted by normal noise of deviation "
              + String(format: "%.4f", trace.deviation)
              + "; then the clean value of one place is put back. " + note),
          .drawn(figures()), .table(table),
        ])
    ]
  }

  /// The strongest indirect effect of each map.
  public var measures: [RunMeasure] {
    trace.maps.compactMap { map in
      guard let best = strongest(map), let value = map.cells[best.row][best.column].value,
        let corrupted = trace.corrupted.value
      else { return nil }
      var measure = RunMeasure("indirect effect, \(Self.name(map))", value - corrupted)
      measure.remark = "layer \(trace.layers[best.row]), \(labels[best.column])"
      return measure
    }
  }

  private var note: String {
    (answer.map { "Answer: “\($0)”. " } ?? "")
      + (trace.prompts > 1
        ? "Means over \(trace.prompts) prompts with 95 % intervals over prompts, "
          + "\(trace.draws) draws of noise each."
        : "Means over \(trace.draws) draws of noise with 95 % intervals over draws.")
      + " The indirect effect is p(answer) with the place restored minus that of the corrupted "
      + "prompt."
  }

  private func effect(_ map: CausalTrace.Map, _ row: Int, _ column: Int) -> String {
    guard let value = map.cells[row][column].value, let corrupted = trace.corrupted.value else {
      return ResultTable.nothing
    }
    return ResultTable.number(value - corrupted, "%+.3f")
  }

  private func strongest(_ map: CausalTrace.Map) -> Heatmap.Cell? {
    let all = map.cells.indices.flatMap { row in
      map.cells[row].indices.map { Heatmap.Cell(row: row, column: $0) }
    }
    return all.filter { map.cells[$0.row][$0.column].value != nil }
      .max { map.cells[$0.row][$0.column].value! < map.cells[$1.row][$1.column].value! }
  }

  /// A map's name.
  static func name(_ map: CausalTrace.Map) -> String {
    map.window == 1
      ? map.component.rawValue : "\(map.component.rawValue), \(map.window) layers"
  }
}

extension RunResults {
  /// The result of ``TraceRun``.
  public var trace: TraceRun? { self[TraceRun.self] }
}

extension MetricValue {
  /// A probability with its interval.
  fileprivate var probability: String {
    ResultTable.number(value, "%.3f")
      + (interval.map { String(format: " [%.3f, %.3f]", max(0, $0[0]), min(1, $0[1])) } ?? "")
  }
}

extension HeatmapGrid {
  /// The three maps of a causal tracing side by side.
  public init(_ run: TraceRun) {
    let trace = run.trace
    self.init(
      panels: trace.maps.map { map in
        var panel = Heatmap(
          values: map.cells.map { $0.map { $0.value ?? .nan } },
          rowLabels: trace.layers.map(String.init), columnLabels: run.labels)
        panel.title = TraceRun.name(map)
        panel.missingTitle = "no such token"
        return panel
      })
    title = "Causal tracing" + (run.answer.map { ": p(“\($0)”)" } ?? ": p(answer)")
    let (clean, corrupted) = (trace.clean.value ?? .nan, trace.corrupted.value ?? .nan)
    subtitle =
      "“\(run.source)”, "
      + (trace.prompts > 1 ? "\(trace.prompts) prompts, " : "") + "\(trace.draws) draws of noise; "
      + String(format: "clean %.3f, corrupted %.3f (line in the bar)", clean, corrupted)
    (rowTitle, columnTitle) = ("layer", trace.columns.isEmpty ? "token (* subject)" : "position")
    valueTitle = "p(answer), place restored"
    let values = panels.flatMap { $0.values.joined() }.filter(\.isFinite)
    range = min(corrupted, values.min() ?? corrupted)...max(clean, values.max() ?? clean)
    markedValues = [corrupted]
    showsValues = false
  }
}
