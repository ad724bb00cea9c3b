import Foundation
import InterchangeBasics
import InterchangeCircuits
import InterchangeFigures
import InterchangeModels
import InterchangeReports

extension LayerLens: RunResult {
  public static let kind = "lens"

  public var tables: [ResultTable] { [table()] }

  /// The likeliest outputs by layer at the last position.
  ///
  /// - Parameter count: how many, at least one and at most as many as were kept
  public func table(_ count: Int = 3) -> ResultTable {
    let kept = rows.flatMap(\.cells).map(\.top.count).min() ?? 1
    let count = min(max(1, count), kept)
    return ResultTable(
      "The \(reading) at \(tokens.last ?? "") (position \(positions.last ?? 0)).",
      note: "The likeliest outputs with their probabilities; the entropy of all and their "
        + "divergence from the model’s own outputs, in nats.",
      header: ["layer"] + (1...count).map { "\($0)." } + ["entropy", "KL"]
        + (answer.map { ["p(\($0))", "rank"] } ?? []),
      rows: rows.reversed().compactMap { row in
        row.cells.last.map { cell in
          [row.name]
            + cell.top.prefix(count).map { String(format: "%.2f ", $0.probability) + $0.token }
            + [String(format: "%.2f", cell.entropy), String(format: "%.2f", cell.divergence)]
            + (cell.answer.map { [String(format: "%.3f", $0.probability), "\($0.rank + 1)"] } ?? [])
        }
      })
  }

  public var dataTables: [ResultTable] {
    [
      ResultTable(
        header: [
          "layer", "position", "token", "top", "probability", "entropy", "divergence",
          "answer probability", "answer rank",
        ],
        rows: rows.flatMap { row in
          row.cells.indices.map { place in
            let cell = row.cells[place]
            return [
              row.name, "\(positions[place])", tokens[place], cell.top[0].token,
              "\(cell.top[0].probability)", "\(cell.entropy)", "\(cell.divergence)",
              cell.answer.map { "\($0.probability)" } ?? ResultTable.nothing,
              cell.answer.map { "\($0.rank + 1)" } ?? ResultTable.nothing,
            ]
          }
        })
    ]
  }

  /// The likeliest token in each cell, the divergence from the model's own outputs, and the place
  /// of a given answer.
  public func figures() -> [NamedFigure] {
    [
      NamedFigure("lens", Heatmap(self)),
      NamedFigure("lens-divergence", Heatmap(divergenceOf: self)),
    ] + (answer.map { [NamedFigure("lens-answer", Heatmap(self, answer: $0))] } ?? [])
  }

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "lens", title: "What each layer would say",
        parts: [
          .text(
            "\(component.rawValue) of every layer, read by a \(reading). Text: “\(text)”."),
          .drawn(figures()), .table(table()),
        ], terms: [.lens])
    ]
  }

  /// The layer from which on the last position's likeliest output is the model's own.
  private var settled: Int? {
    guard let final = rows.last?.cells.last?.top[0].id else { return nil }
    let first = rows.lastIndex { $0.cells.last?.top[0].id != final }.map { $0 + 1 } ?? 0
    return first < rows.count ? rows[first].layer : nil
  }

  public var measures: [RunMeasure] {
    let last = rows.last?.cells.last?.answer
    return (settled.map { [RunMeasure("settled at layer", Double($0))] } ?? [])
      + (last.map { [RunMeasure("answer’s probability", $0.probability)] } ?? [])
  }
}

extension RunResults {
  /// The result of `LayerLens`.
  public var lens: LayerLens? { self[LayerLens.self] }
}

extension LayerLens: SelectableResult {
  /// The lens at some layers and positions, these by their numbers.
  public func selecting(layers: LayerSelection?, positions wanted: String?) throws -> LayerLens {
    var chosen = Array(rows.indices)
    if layers != nil {
      let known = rows.compactMap(\.layer)
      let found = Set(try places(of: layers, among: known).map { known[$0] })
      chosen = rows.indices.filter { rows[$0].layer.map(found.contains) ?? false }
    }
    guard let wanted, wanted != "all" else {
      return selecting(rows: chosen, positions: Array(positions.indices))
    }
    guard case .layers(let numbers)? = LayerSelection(parsing: wanted) else {
      throw RunRecordError.lacking(
        wanted: "position \(wanted)", reason: "a lens has positions by their numbers")
    }
    let columns = try numbers.map { number in
      let place = number < 0 ? positions.count + number : positions.firstIndex(of: number) ?? -1
      guard positions.indices.contains(place) else {
        throw RunRecordError.lacking(
          wanted: "position \(number)",
          reason: "this lens has positions \(positions.map(String.init).joined(separator: ", "))")
      }
      return place
    }
    return selecting(rows: chosen, positions: Array(Set(columns)).sorted())
  }
}

extension ReportTerm {
  fileprivate static let lens = ReportTerm(
    "Logit lens", order: 44,
    "The outputs that the model’s last norm and unembedding make of an inner layer’s vector "
      + "(nostalgebraist 2020). Early layers needn’t write in the last one’s terms, so that a late "
      + "answer there doesn’t show that the model lacks it. A tuned lens (Belrose et al. 2023) "
      + "first carries the vector to where the last layer would have it; a patchscope "
      + "(Ghandeharioun et al. 2024) puts it into another prompt and reads that one’s next token.")
}

extension LayerLens {
  /// The reading as a title begins.
  fileprivate var title: String { reading.prefix(1).uppercased() + reading.dropFirst() }
}

extension Heatmap {
  private init(_ lens: LayerLens, _ value: (LayerLens.Cell) -> Double) {
    self.init(
      values: lens.rows.map { $0.cells.map(value) }, rowLabels: lens.rows.map(\.name),
      columnLabels: lens.tokens)
    (rowTitle, columnTitle) = ("layer", "token")
    subtitle = "“\(lens.text)”"
    if lens.component != .blockOutput { subtitle += ", \(lens.component.rawValue)" }
  }

  /// The likeliest token of each cell, colored by its probability.
  public init(_ lens: LayerLens) {
    self.init(lens) { $0.top[0].probability }
    title = lens.title
    valueTitle = "probability of the likeliest token"
    cellTexts = lens.rows.map { $0.cells.map { $0.top[0].token } }
    range = 0...1
  }

  /// The divergence of each cell's outputs from the model's own.
  public init(divergenceOf lens: LayerLens) {
    self.init(lens, \.divergence)
    title = "\(lens.title): distance from the final outputs"
    valueTitle = "KL(final ‖ layer) in nats"
    colorMap = .magma
  }

  /// The answer's rank in each cell, the brighter the nearer to the first.
  public init(_ lens: LayerLens, answer: String) {
    self.init(lens) { $0.answer.map { -log10(Double($0.rank) + 1) } ?? .nan }
    title = "\(lens.title): the answer \(answer)"
    valueTitle = "−log₁₀ of its rank; in the cells the rank"
    cellTexts = lens.rows.map { $0.cells.map { $0.answer.map { "\($0.rank + 1)" } ?? "" } }
  }
}
