import InterchangeBasics
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
  /// The names of the files that the run wrote beside its record, where they follow from the result:
  /// they go when another run takes the folder.
  var files: [String] { get }
  /// The numbers by which points of an experiment are compared, the main one first.
  var measures: [RunMeasure] { get }
  /// Results of an experiment's points as one that shows them better than a table of measures; nil
  /// where there is none.
  static func joined(_ results: [Self]) -> Self?
}

extension RunResult {
  /// No other keys.
  public static var earlierKinds: [String] { [] }

  /// The tables that a terminal shows.
  public var dataTables: [ResultTable] { tables }

  /// No figures.
  public func figures() -> [NamedFigure] { [] }

  /// No files.
  public var files: [String] { [] }

  /// No measures.
  public var measures: [RunMeasure] { [] }

  /// No result.
  public static func joined(_ results: [Self]) -> Self? { nil }
}

/// A number of a result by which points of an experiment are compared.
public struct RunMeasure: Sendable {
  /// Its name, such as `IIA`.
  public var name: String
  /// The number.
  public var value: Double
  /// The sample and the interval of a share.
  public var accuracy: Accuracy?
  /// A judgment that stands beside the number, such as a verdict; empty for none.
  public var remark = ""

  /// A number.
  public init(_ name: String, _ value: Double) { (self.name, self.value) = (name, value) }

  /// A share with its interval.
  public init(_ name: String, _ accuracy: Accuracy, remark: String = "") {
    (self.name, value, self.accuracy) = (name, accuracy.value, accuracy)
    self.remark = remark
  }
}
