import ArgumentParser
import Foundation
import Interchange

/// `interchange report`: a run on one page.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write a run as one HTML page, with its figures and numbers.",
    discussion: """
      The page is one file that loads nothing: it can be sent, put on a server, or printed. \
      --out is the page's file, or a folder for it; report.html in the run's folder by default.
      """)

  @Argument(help: "The folder of a run.") var path: String
  @OptionGroup var common: CommonOptions

  func run() throws {
    let folder = URL(userPath: path)
    let record = try RunRecord(folder: folder)
    let file = try target(beside: folder)
    try RunReport(record).write(to: file)
    if common.json { return try Output.print(json: [file.path]) }
    Output.print(file.path)
  }

  /// The page's file, in a folder that can be written.
  private func target(beside folder: URL) throws -> URL {
    let name = "report.html"
    var file = folder.appending(component: name)
    if let out = common.out {
      file = URL(userPath: out)
      if out.hasSuffix("/") || file.isFolder { file.append(component: name) }
    }
    let target = file.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    } catch {
      throw OutputError(description: "\(target.path): the folder can't be written")
    }
    return file
  }
}
