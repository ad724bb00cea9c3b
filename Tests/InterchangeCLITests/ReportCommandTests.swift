import Foundation
import Testing

/// `interchange report` and `interchange figure --record` as a user runs them.
@Suite struct ReportCommandTests {
  /// A run's folder, made by the program.
  private func run() throws -> URL {
    let (data, out) = (
      try TemporaryFile(Data((#"{"prompt":"abc","completion":"cc"}"# + "\n").utf8)),
      try TemporaryFile(folder: ()).url
    )
    let tuned = try Program.run([
      "finetune", Program.tiny, "--data", data.url.path, "--layers", "1", "--rank", "1",
      "--epochs", "3", "--answers", "loss", "--out", out.path,
    ])
    try #require(tuned.status == 0, "\(tuned.errors)")
    return out
  }

  @Test func writesThePage() throws {
    let folder = try run()
    let result = try Program.run(["report", folder.path])
    let page = folder.appending(component: "report.html")
    #expect(result.status == 0 && result.output == page.path + "\n" && result.errors.isEmpty)
    let text = try String(contentsOf: page, encoding: .utf8)
    #expect(text.hasPrefix("<!DOCTYPE html>"))
    #expect(
      text.replacing(/<\/?span>/, with: "").contains(
        "<code>interchange finetune \(Program.tiny) --data "))
    #expect(text.contains("<dd>llama-gqa.gguf</dd>") && text.contains("<figure"))
    // The run's folder is told by what was typed only.
    #expect(text.components(separatedBy: folder.path).count == 2)

    // A file of one's own, a folder, and folders that are not there yet.
    let other = try TemporaryFile(folder: ()).url
    for (out, file) in [("a.html", "a.html"), ("", "report.html"), ("b/c/", "b/c/report.html")] {
      let json = try Program.run(
        ["report", folder.path, "--json", "--out", other.path + "/" + out])
      let paths = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String]
      #expect(paths == [other.path + "/" + file])
      #expect(try String(contentsOf: other.appending(path: file), encoding: .utf8) == text)
    }
  }

  @Test func printsTheRecordInAFigure() throws {
    let folder = try run()
    let figure = folder.appending(component: "fine-tuning-loss.png")
    let result = try Program.run(["figure", "--record", figure.path])
    let record = try String(contentsOf: folder.appending(component: "run.json"), encoding: .utf8)
    #expect(result.status == 0 && result.output == record)
  }

  @Test func oneLineForWhatCannotBe() throws {
    func expect(_ status: Int32, _ line: String, _ arguments: String...) throws {
      let result = try Program.run(arguments)
      #expect(result.status == status && result.output.isEmpty)
      #expect(result.errors == "interchange: \(line)\n")
    }
    let (empty, text) = (
      try TemporaryFile(folder: ()).url, try TemporaryFile(Data("text".utf8)).url
    )
    // A PNG of one pixel that no run has drawn.
    let plain = try TemporaryFile(
      try #require(
        Data(
          base64Encoded:
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        ))
    ).url
    let folder = empty.path
    try expect(65, "\(folder)/run.json: no record of a run can be read", "report", folder)
    try expect(65, "\(folder)/run.json: no record of a run can be read", "figure", folder)
    try expect(65, "/nowhere/run.json: no record of a run can be read", "report", "/nowhere")
    try Data("{}".utf8).write(to: empty.appending(component: "run.json"))
    try expect(65, "\(folder)/run.json: not the record of a run", "report", folder)
    for path in [text.path, folder, "/nowhere.png"] {
      let reasons = [
        text.path: "expected a PNG, SVG or PDF file", folder: "not a regular file",
        "/nowhere.png": "no such file or directory",
      ]
      try expect(65, "\(path): cannot be read: \(reasons[path]!)", "figure", "--record", path)
    }
    try expect(
      65, "\(plain.path): the figure has no record inside", "figure", "--record", plain.path)
    let target = text.path + "/page.html"
    try expect(
      1, "\(text.path): the folder can't be written", "report", try run().path, "--out", target)
  }
}
