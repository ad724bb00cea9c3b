import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// The other files in which the same networks come: GGUF, and folders as older versions wrote them.
@Suite struct ArchitectureFileTests {
  private static let inGGUF = ArchitectureFixtures.index.filter {
    !$0.texts.isEmpty && $0.kind != "encoder"
  }

  private static let generative = ArchitectureForm.decoders + ArchitectureForm.encoderDecoders

  private static let withOlderFolder = generative.filter { name in
    ["config-older.json", "model-older.safetensors"].contains {
      ArchitectureFixtures.folder.appending(components: name, $0).exists
    }
  }

  private func expectLogits(_ model: Model, _ form: ArchitectureForm, _ text: String) throws {
    let input = try form.input(text)
    let expected = try form.tensor("\(text).logits")
    let found = try model.run(Request([input], logits: [form.measured(input)])).logits
    expectClose(
      found, expected, absolute: 1e-5 * max(1, Rounding.largest(expected.elements)), relative: 0,
      "\(form.name), \(text)")
  }

  @Test func thereAreFiles() {
    #expect(Self.inGGUF.count >= 30)
    #expect(Self.withOlderFolder.count >= 25)
  }

  /// Where llama.cpp computes transformers' logits with the file, so is done here.
  @Test(arguments: inGGUF.map(\.name))
  func gguf(name: String) throws {
    let form = try ArchitectureForm(name)
    let file = try GGUFFile(contentsOf: form.url.appending(component: "model.gguf"))
    let model = Model(try ModelFamilies.architecture(in: file))
    let entry = try #require(Self.inGGUF.first { $0.name == name })
    for text in entry.texts { try expectLogits(model, form, text) }
  }

  @Test(arguments: withOlderFolder)
  func olderFolders(name: String) throws {
    let form = try ArchitectureForm(name)
    let place = try TemporaryFolder()
    for (file, older) in [
      ("config.json", "config-older.json"), ("model.safetensors", "model-older.safetensors"),
    ] {
      let source = form.url.appending(component: older)
      try FileManager.default.copyItem(
        at: source.exists ? source : form.url.appending(component: file),
        to: place.url.appending(component: file))
    }
    let model = Model(try ModelFamilies.architecture(in: ModelFolder(place.url)))
    for text in ["short", "long"] { try expectLogits(model, form, text) }
  }

  /// A setting that isn't understood is refused by its name in every family.
  @Test(arguments: generative)
  func unknownSettings(name: String) throws {
    let form = try ArchitectureForm(name)
    let place = try TemporaryFolder()
    for file in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        at: form.url.appending(component: file), to: place.url.appending(component: file))
    }
    func fault() -> String? {
      line { _ = try ModelFamilies.architecture(in: ModelFolder(place.url)) }
    }
    #expect(fault() == nil)
    try ModelFixture.set(["attention_sink_size": .integer(4)], in: place.url)
    #expect(fault()?.contains("attention_sink_size") == true, "\(fault() ?? "nothing")")
  }
}
