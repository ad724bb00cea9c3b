import Foundation
import Interchange
import Testing

/// `interchange import` of a folder that pyreft saved.
@Suite struct ImportCommandTests {
  private let model = Program.fixtures.appending(path: "llama-gqa").path
  private func folder(_ name: String) -> String {
    Program.package.appending(path: "Tests/Fixtures/interventions/pyreft/\(name)").path
  }

  @Test func writesTheLibrarysAdapter() throws {
    let out = try TemporaryFile(Data()).url.path + "-adapter"
    let result = try Program.run([
      "import", model, folder("loreft-untied"), "--positions", "f2+l2", "--out", out,
    ])
    #expect(result.status == 0)
    #expect(
      result.output == """
        method  site          layer  positions  rank
        loreft  block_output      0  f2+l0/2       3
        loreft  block_output      2  f2+l0/2       3
        loreft  block_output      0  f0+l2/2       3
        loreft  block_output      2  f0+l2/2       3

        """)
    #expect(result.errors == "wrote \(out)/adapter.safetensors\n")
    let base = try LanguageModel(contentsOf: model)
    let read = try AdaptedModel(contentsOf: out, base: base)
    let adapter = try PyreftFolder(contentsOf: URL(filePath: folder("loreft-untied"))).adapter(
      for: base, positions: .firstAndLast(2, 2))
    let made = try AdaptedModel(base, adapters: [adapter])
    let prompts = [[5, 6, 7, 8, 9], [3, 4]]
    #expect(try read.lastLogits(prompts).elements == made.lastLogits(prompts).elements)
    try FileManager.default.removeItem(atPath: out)
  }

  @Test func badInput() throws {
    let out = try TemporaryFile(Data()).url.path + "-adapter"
    let missing = try Program.run([
      "import", model, folder("none"), "--positions", "-1", "--out", out,
    ])
    #expect(missing.status == 65 && missing.output.isEmpty)
    #expect(
      missing.errors
        == "interchange: \(folder("none"))/config.json: can't be read: "
        + "No such file or directory\n")
    let form = try Program.run([
      "import", model, folder("lobireft"), "--positions", "-1", "--activation", "relu", "--out",
      out,
    ])
    #expect(form.status == 65)
    #expect(
      form.errors
        == "interchange: \(folder("lobireft"))/config.json: activation: "
        + "expected none for lobireft, found one\n")
    #expect(!FileManager.default.fileExists(atPath: out))
    let usage = try Program.run(["import", model, folder("loreft"), "--positions", "-1"])
    #expect(usage.status == 64)
  }
}
