import Interchange

/// What the demo found, as text for a terminal and as Markdown.
struct DemoSummary {
  private let tables: [ResultTable]

  init(_ record: RunRecord) {
    tables = [
      record.results.equality?.table,
      record.results.alignments.map(Self.alignments),
      record.results.fineTuning.map(Self.fineTuning),
    ].compactMap { $0 }
  }

  var text: String {
    tables.map { "\n\($0.title)\n\($0.note)\n" + $0.aligned }.joined(separator: "\n")
  }

  var markdown: String { tables.map(\.markdown).joined(separator: "\n") }

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
