import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

/// `interchange figure`: draws runs' figures again, or prints the record inside a figure.
struct FigureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figure",
    abstract:
      "Draw the figures of runs again from their records, or print the record inside a figure.",
    discussion: """
      Several runs are drawn in one figure: maps side by side on one scale, curves together. \
      Letters keep their size whatever the page, at least 5.5 points. --format csv, md and tex \
      write the tables instead; `interchange table` prints them.
      """)

  @OptionGroup var runs: ShownRuns
  @Option(help: ArgumentHelp("png, svg, pdf, csv, md or tex.", valueName: "format"))
  var format = ShownFormat.figure(.png)
  @Option(help: "The title; an empty one leaves the heading out, for a caption below.")
  var title: String?
  @Option(
    help: ArgumentHelp("The page's width, such as 8.4cm, 84mm or 3.3in.", valueName: "length"))
  var width: LengthOption?
  @Option(help: ArgumentHelp("The page's height.", valueName: "length")) var height: LengthOption?
  @Option(
    help: ArgumentHelp(
      "The colors of values: \(ColorMap.all.map(\.name).joined(separator: ", ")).",
      valueName: "name"))
  var colors: String?
  @Flag(help: "Light on dark.") var dark = false
  @Option(
    help: ArgumentHelp("Only these figures, such as sweep or loss,controls.", valueName: "names"))
  var only: String?
  @Flag(help: "Print the record inside a PNG, SVG or PDF file.") var record = false
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if let colors, ColorMap(named: colors) == nil {
      throw ValidationError(
        "--colors: expected \(ColorMap.all.map(\.name).joined(separator: ", ")), found \(colors)")
    }
    guard runs.paths.count == 1 || common.out != nil || record else {
      throw ValidationError("--out is needed: the folder of what several runs show together.")
    }
  }

  func run() throws {
    if record { return try printRecord() }
    let comparison = try runs.comparison()
    let folder = try RunFolder(
      common.out.map { URL(userPath: $0) } ?? runs.folders[0], resumes: true
    ).url
    let files: [URL]
    switch format {
    case .figure(let format):
      let figures = try style.applied(to: chosen(comparison.figures()))
      files = try figures.write(to: folder, format: format, record: comparison.json())
    case .table(let format):
      files = try comparison.tables(areData: format == .csv).write(to: folder, format: format)
    }
    if common.json { return try Output.print(json: files.map(\.path)) }
    for file in files { Output.print(file.path) }
  }

  private var style: FigureStyle {
    var style = FigureStyle()
    style.title = title
    style.page = FigurePage(width: width?.centimeters, height: height?.centimeters)
    style.colorMap = colors.flatMap { ColorMap(named: $0) }
    style.theme = dark ? .dark : nil
    return style
  }

  private func chosen(_ figures: [NamedFigure]) throws -> [NamedFigure] {
    guard let only else { return figures }
    return try only.split(separator: ",").map { name in
      guard let figure = figures.first(where: { $0.name == name }) else {
        throw RunRecordError.lacking(
          wanted: "figure \(name)",
          reason: "there are "
            + figures.map(\.name).joined(separator: ", "))
      }
      return figure
    }
  }

  private func printRecord() throws {
    for url in runs.folders {
      guard let text = try FigureRecord.read(from: url) else {
        throw RunRecordError.unreadable(path: url.path, reason: "the figure has no record inside")
      }
      Output.print(json: text)
    }
  }
}
