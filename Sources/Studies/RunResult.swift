import InterchangeReports

/// A kind of result that a run's record can hold: its numbers, and how they are shown.
///
/// One type says everything about a study's result. It is listed in ``RunResults``, or made known
/// by ``RunResults/register(_:)``; records, the report's page, figures and `--json` follow from it.
///
/// ```swift
/// struct WordCount: RunResult {
///   static let kind = "wordCount"
///   let counts: [String: Int]
///
///   var tables: [ResultTable] {
///     [ResultTable(header: ["word", "n"], rows: counts.sorted { $0.key < $1.key }
///       .map { [$0.key, "\($0.value)"] })]
///   }
///   var sections: [ReportSection] {
///     [ReportSection(kind: "words", title: "Words", parts: tables.map(ReportSection.Part.table))]
///   }
/// }
/// ```
public protocol RunResult: Codable, Sendable {
  /// The key of the result in `run.json`.
  static var kind: String { get }
  /// Keys that earlier versions wrote; what is under them is read as this result.
  static var earlierKinds: [String] { get }
  /// The tables that a terminal shows.
  var tables: [ResultTable] { get }
  /// The tables of a file of data, with all digits: one row for each thing that was measured.
  var dataTables: [ResultTable] { get }
  /// The sections of the page: one, or one for each part of a result that holds several.
  var sections: [ReportSection] { get }
  /// The figures with the names of their files, drawn from the recorded numbers alone.
  func figures() -> [NamedFigure]
}

extension RunResult {
  /// No other keys.
  public static var earlierKinds: [String] { [] }

  /// The tables that a terminal shows.
  public var dataTables: [ResultTable] { tables }

  /// No figures.
  public func figures() -> [NamedFigure] { [] }
}
