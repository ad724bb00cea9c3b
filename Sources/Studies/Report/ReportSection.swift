import InterchangeFigures

/// A part of a page: one result with its numbers and figures.
struct ReportSection {
  /// What stands in a section, in its order.
  enum Part {
    case text(String)
    case table(ResultTable)
    /// Figures, side by side where they have room.
    case figures([ReportFigure])
    /// Tables that are read when they are wanted.
    case folded(String, [ResultTable])
  }

  /// What kind of result it is, in a word or two.
  let kind: String
  let title: String
  let parts: [Part]
  /// What the key has to explain.
  let terms: [ReportTerm]
}

/// A figure on a page.
struct ReportFigure {
  var figure: any Figure
  /// What is said of each cell of a heatmap, by [row][column].
  var cells: [[String]]?
  /// The cell that the keyboard reaches first.
  var firstCell = Heatmap.Cell(row: 0, column: 0)

  /// A figure that is only looked at.
  init(_ figure: any Figure) { self.figure = figure }

  /// A heatmap whose cells tell more.
  init(_ figure: any Figure, cells: [[String]], firstCell: Heatmap.Cell) {
    (self.figure, self.cells, self.firstCell) = (figure, cells, firstCell)
  }

  /// What stands below it: its heading, and of a heatmap what its colours are.
  var caption: (title: String, rest: String) {
    let heatmap = figure as? Heatmap
    let values = heatmap?.valueTitle ?? (figure as? HeatmapGrid)?.valueTitle ?? ""
    let rest = [figure.subtitle, values].filter { !$0.isEmpty }
    let marked = heatmap?.markedCells.isEmpty == false ? " The outlined cell is the highest." : ""
    return (figure.title, rest.isEmpty ? "" : rest.joined(separator: "; ") + "." + marked)
  }
}

extension ReportSection.Part {
  /// Figures that are only looked at.
  static func drawn(_ figures: [NamedFigure]) -> Self {
    .figures(figures.map { ReportFigure($0.figure) })
  }
}

extension RunRecord {
  /// What was asked, in a line.
  public var title: String {
    let sections = sections
    if sections.count == 1 { return sections[0].title }
    guard !sections.isEmpty else { return "\(command): no results" }
    var kinds: [String] = []
    for section in sections where !kinds.contains(section.kind) { kinds.append(section.kind) }
    return "\(command): " + kinds.joined(separator: ", ")
  }

  /// The results in the order of a page.
  var sections: [ReportSection] {
    var sections: [ReportSection] = []
    if let equality = results.equality { sections.append(equality.section) }
    if let sweeps = results.sweeps, !sweeps.isEmpty { sections.append(SweepRun.section(sweeps)) }
    if let alignments = results.alignments, !alignments.isEmpty {
      sections.append(AlignmentRun.section(alignments, areFitted: command != "examine"))
    }
    if let tuning = results.fineTuning { sections.append(tuning.section) }
    for comparison in results.comparisons ?? [] {
      sections.append(comparison.section(isOne: results.comparisons?.count == 1))
    }
    if let search = results.search { sections.append(search.section) }
    if let evaluation = results.evaluation { sections.append(evaluation.section) }
    if let steering = results.steering { sections.append(steering.section) }
    if let attention = results.attention { sections.append(attention.section) }
    if let growth = results.growth { sections.append(growth.section) }
    return sections
  }
}
