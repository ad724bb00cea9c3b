import ArgumentParser
import Foundation
import Interchange

/// `interchange figure`: draws a run's figures again, or prints the record inside a figure.
struct FigureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "figure",
    abstract:
      "Draw the figures of a run again from its record, or print the record inside a figure.")

  @Argument(help: "The folder of a run, or with --record a PNG file.") var path: String
  @Option(help: ArgumentHelp("png, svg or pdf.", valueName: "format")) var format = FigureFormat.png
  @Flag(help: "Print the record inside a PNG file.") var record = false
  @OptionGroup var common: CommonOptions

  func run() throws {
    let url = URL(userPath: path)
    if record {
      guard let text = try PNGRecord.read(from: url) else {
        throw RunRecordError.unreadable(path: url.path, reason: "the figure has no record inside")
      }
      return Output.print(json: text)
    }
    let run = try RunRecord(folder: url)
    let folder = try RunFolder(common.out.map { URL(userPath: $0) } ?? url, resumes: true)
    let files = try run.writeFigures(to: folder.url, format: format)
    if common.json { return try Output.print(json: files.map(\.path)) }
    for file in files { Output.print(file.path) }
  }
}

extension FigureFormat: ExpressibleByArgument {}
