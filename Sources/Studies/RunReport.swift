import Foundation
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

extension ReportPage {
  /// The page of a run: its command, its model and every result.
  public init(_ record: RunRecord) {
    var facts: [Fact] = []
    if let model = record.model {
      facts.append(Fact("model", URL(filePath: model.path).lastPathComponent))
      if let commit = model.commit { facts.append(Fact("commit", commit, form: .code)) }
      facts.append(Fact("weights’ hash", model.identity, form: .code))
    }
    facts += [
      Fact("seed", "\(record.seed)"), Fact("version", "Interchange \(record.version)"),
      Fact("begun", record.startedText, form: .time(record.started)),
      Fact("took", record.durationText),
    ]
    self.init(
      title: record.title, command: record.commandWords, facts: facts,
      sections: record.results.sections,
      footer: "Written by Interchange \(interchangeVersion) from the run’s record, run.json, "
        + "which holds every number of this page.")
  }
}

/// A run on one page: its command, every figure, every table with its controls, and a key to the
/// words. The page is one HTML file that loads nothing, and is read without scripts too.
public struct RunReport: Sendable {
  private let page: ReportPage

  /// The page of a run.
  public init(_ record: RunRecord) { page = ReportPage(record) }

  /// The page as HTML.
  ///
  /// - Throws: `FigureError` when a figure can't be drawn.
  public func html() throws(FigureError) -> String { try page.html() }

  /// Writes the page; the file appears whole or not at all.
  ///
  /// - Throws: `FigureError`, or `FileSystemError`.
  public func write(to url: URL) throws { try page.write(to: url) }
}
