import Foundation
import Interchange
import InterchangeTestSupport
import Testing

/// Records of runs.
@Suite struct EarlierRecordTests {
  private static let names = [
    "attention", "compare", "das", "das-boundless", "das-tiny", "demo", "equality", "evaluate",
    "examine", "finetune", "finetune-numbers", "growth", "single-sweep", "steer", "steer-given",
    "sweep", "sweeps", "tune",
  ]
  /// Runs whose numbers are shown in tables alone.
  private static let withoutFigures: Set<String> = ["evaluate", "steer", "steer-given"]

  @Test func noneIsLeftOut() throws {
    #expect(try Earlier.names(in: "runs") == Set(Self.names))
  }

  /// Every record is shown: its figures are drawn, and its page is whole and has each of them.
  @Test(arguments: names)
  func figuresAndReport(name: String) throws {
    let record = try Earlier.record(name)
    #expect(record.version == (name == "single-sweep" ? "0.0.9" : "0.1.0"))
    #expect(record.arguments.first == record.command)
    #expect((record.model == nil) == (name == "equality"))
    let folder = try TemporaryFolder()
    let files = try record.writeFigures(to: folder.url, format: .svg)
    #expect(files.isEmpty == Self.withoutFigures.contains(name))
    for file in files { #expect(try Data(contentsOf: file).count > 1000, "\(file)") }
    let page = Markup(try RunReport(record).html())
    #expect(page.fault == nil)
    #expect(page.count(of: "figure") == files.count)
    #expect(page.count(of: "table") > 0 || !files.isEmpty)
  }

  /// A record that is read and written is read again as the same one.
  @Test(arguments: names)
  func writtenAgain(name: String) throws {
    let (record, folder) = (try Earlier.record(name), try TemporaryFolder())
    try Data(try record.json().utf8).write(to: folder.url.appending(component: "run.json"))
    #expect(try RunRecord(folder: folder.url).json() == record.json())
  }

  @Test func header() throws {
    let record = try Earlier.record("das-tiny")
    #expect(record.command == "das" && record.seed == 1)
    #expect(record.model?.path == "models/taught")
    // A new tokenizer doesn't change the weights' hash.
    #expect(record.model?.identity == (try EarlierBase("llama-gqa").model.identity()))
    #expect(record.commandLine.hasPrefix("interchange das models/taught --layer 1 --rank 2 "))
    #expect(record.started.ISO8601Format().hasPrefix("20"))
    #expect(record.seconds > 0)
  }
}
