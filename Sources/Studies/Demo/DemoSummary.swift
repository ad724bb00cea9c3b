import InterchangeReports

/// The demo's tables, as text for a terminal and as Markdown.
public struct DemoSummary {
  private let tables: [ResultTable]

  /// The tables of the demo's results.
  public init(_ results: RunResults) {
    tables = [
      results.equality?.table,
      results.alignments.map(Self.alignments),
      results.fineTuning.map(Self.fineTuning),
    ].compactMap { $0 }
  }

  /// The tables in columns, each below its title and note.
  public var text: String {
    tables.map { "\n\($0.title)\n\($0.note)\n" + $0.aligned }.joined(separator: "\n")
  }

  /// The tables in Markdown.
  public var markdown: String { tables.map(\.markdown).joined(separator: "\n") }

  private static func alignments(_ runs: [AlignmentRun]) -> ResultTable {
    var table = AlignmentRuns(runs).table
    table.title = "The subject's number in SmolLM2-135M-Instruct."
    return table
  }

  private static func fineTuning(_ run: TuningEffects) -> ResultTable {
    var table = run.table
    table.note.replace("Trained at", with: "Trained to answer in the plural at")
    return table
  }
}
