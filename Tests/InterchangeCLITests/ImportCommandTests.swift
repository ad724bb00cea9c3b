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

  /// An imported adapter is exported as pyreft has it, and imported again, to the same bytes.
  @Test func exportsWhatItImported() throws {
    let place = try TemporaryFile(folder: ()).url
    func path(_ name: String) -> String { place.appending(component: name).path }
    func run(_ arguments: String...) throws -> Program.Result {
      let result = try Program.run(arguments)
      try #require(result.status == 0, "\(result.errors)")
      return result
    }
    let original = folder("loreft-untied")
    _ = try run("import", model, original, "--positions", "f2+l2", "--out", path("a"))
    let exported = try run("export", model, "--adapter", path("a"), "--out", path("b"))
    #expect(
      exported.errors == """
        note: pyreft saves neither positions nor the activation function: README.md has them; \
        `interchange import` needs --positions f2+l2
        wrote \(path("b"))

        """)
    let files = try FileManager.default.contentsOfDirectory(atPath: path("b"))
    let theirs = try FileManager.default.contentsOfDirectory(atPath: original)
    #expect(Set(files) == Set(theirs + ["README.md"]))
    _ = try run("import", model, path("b"), "--positions", "f2+l2", "--out", path("c"))
    let adapters = try ["a", "c"].map {
      try Data(contentsOf: URL(filePath: path($0)).appending(component: "adapter.safetensors"))
    }
    #expect(adapters[0] == adapters[1])

    let json = try run("export", model, "--adapter", path("a"), "--out", path("b"), "--json")
    #expect(json.output.contains("\"format\" : \"pyreft\""), "\(json.output)")
    let other = try Program.run([
      "export", model, "--adapter", path("a"), "--format", "peft", "--out", path("d"),
    ])
    #expect(other.status == 65 && other.errors.contains("found loreft; --format pyreft is made"))
    #expect(!FileManager.default.fileExists(atPath: path("d")))
  }

  /// A thing that is given in another's place is told where it belongs.
  @Test func misplaced() throws {
    let adapter = try Program.run([
      "generate", model, "--prompt", "a", "--adapter", folder("loreft"),
    ])
    #expect(
      adapter.status == 65
        && adapter.errors.contains("`interchange import MODEL loreft --positions f7+l7 --out DIR`"))
    let asModel = try Program.run(["predict", folder("loreft"), "--text", "a"])
    #expect(
      asModel.status == 65
        && asModel.errors.contains("expected a model, found one of pyreft's, which"))
    let peft = Program.package.appending(path: "Tests/Fixtures/peft/lora-qv").path
    let imported = try Program.run([
      "import", model, peft, "--positions", "-1", "--out", "unused",
    ])
    #expect(
      imported.status == 65 && imported.errors.contains("needs no import: give it as --adapter"))
    let base = try Program.run(["generate", model, "--prompt", "a", "--adapter", model])
    #expect(base.status == 65 && base.errors.contains("a model, which is the command's first"))
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
