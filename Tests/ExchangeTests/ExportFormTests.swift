import Foundation
import InterchangeBasics
import InterchangeExchange
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Which form an adapter is written in, and what is said where there is none.
@Suite struct ExportFormTests {
  private func adapter(_ method: String, _ model: LanguageModel) throws -> any Adapter {
    if method == "steering" {
      return try SteeringVectors([1: .zeros([16])]).makeAdapter(for: model, coefficient: 2)
    }
    var configuration = AdapterConfiguration(method: method)
    let choices = try AdapterMethods.named(method).choices.map(\.name)
    if choices.contains(AdapterChoice.tokens.name) { configuration.tokens = 3 }
    if choices.contains(AdapterChoice.rank.name) { configuration.rank = 2 }
    return try configuration.makeAdapter(for: model, seed: 1)
  }

  /// Every method has its form, or an answer.
  @Test func everyMethod() throws {
    let model = try TinyModels.safetensors()
    let forms: [String: String] = [
      "loreft": "pyreft", "noreft": "pyreft", "consreft": "pyreft", "lobireft": "pyreft",
      "direft": "pyreft", "nodireft": "pyreft", "lora": "peft", "prompt-tuning": "peft",
      "p-tuning": "peft", "prefix-tuning": "peft", "steering": "control-vector",
      "serial-adapter": "adapterhub", "parallel-adapter": "adapterhub",
      "reft-r1": "control-vector",
    ]
    let merged: Set = ["full", "diff-pruning"]
    for method in AdapterMethods.names where !["bitfit", "probe"].contains(method) {
      let adapter = try adapter(method, model)
      guard let form = forms[method] else {
        let message = line { _ = try ExportForms.form(for: adapter, of: model) } ?? ""
        #expect(
          message.hasPrefix("export: expected an adapter that the form holds: peft holds lora"))
        #expect(message.contains("; pyreft holds loreft"), "\(message)")
        let advice =
          merged.contains(method) ? "`interchange merge` writes a model" : "a folder for --adapter"
        // Other tests make methods known whose adapters are of a known kind.
        #expect(
          message.contains("found \(adapter.method); ") && message.contains(advice), "\(message)")
        continue
      }
      #expect(try ExportForms.form(for: adapter, of: model).name == form)
      #expect(try ExportForms.form(named: form, for: adapter, of: model).name == form)
      let other = form == "peft" ? "pyreft" : "peft"
      let message = line { _ = try ExportForms.form(named: other, for: adapter, of: model) }
      #expect(message?.contains("; --format \(form) is made for it") == true, "\(message ?? "")")
    }
    let lora = try adapter("lora", model)
    #expect(
      line { _ = try ExportForms.form(named: "onnx", for: lora, of: model) }
        == "format: expected peft, pyreft, adapterhub, control-vector, found onnx")
  }

  /// A steering adapter's vectors come back as they act, with their coefficients in them.
  @Test func controlVectors() throws {
    let place = try TemporaryFolder()
    let model = try TinyModels.safetensors()
    var generator = RandomGenerator(seed: 2)
    let vectors = SteeringVectors(
      [1, 2].reduce(into: [:]) { $0[$1] = .normal([16], using: &generator) })
    let adapter = try vectors.makeAdapter(for: model, coefficient: 1.5)
    let remarks = try ControlVectorFile.write(adapter, of: model, to: place.url)
    #expect(remarks.count == 1)
    let read = try SteeringVectors(
      contentsOf: place.url.appending(component: ControlVectorFile.fileName))
    #expect(read.architecture == "llama" && read.layers == [1, 2])
    let again = try read.makeAdapter(for: model, coefficient: 1)
    func logits(_ adapter: any Adapter) throws -> [Float] {
      try AdaptedModel(model, adapters: [adapter]).lastLogits([[5, 6, 7]]).elements
    }
    #expect(try logits(again) == logits(adapter))

    func refusal(_ site: Site) -> String? {
      line {
        _ = try ControlVectorFile.write(
          InterventionAdapter([PlacedIntervention(Steering(.zeros([16])), at: site)]), of: model,
          to: place.url)
      }
    }
    #expect(refusal(.blockOutput(1, .last))?.hasSuffix("found block_output 1 @ -1") == true)
    #expect(refusal(.mlpOutput(1, .every))?.hasSuffix("found mlp_output 1 @ every") == true)
    #expect(refusal(.blockOutput(0, .every))?.hasSuffix("found layer 0") == true)
  }

  /// So do the vectors of a trained ReFT-r1; an untrained one has none yet.
  @Test func controlVectorsOfRankOneSteering() throws {
    let place = try TemporaryFolder()
    let model = try TinyModels.safetensors()
    func adapter(_ positions: Positions, magnitude: Float?) throws -> any Adapter {
      let direction = try Rotation.random(rank: 1, width: 16, seed: 5).parameter.value
      let steering = RankOneSteering(
        direction, latents: 2, strength: 0.5, settled: magnitude.map { ($0, 9) })
      return InterventionAdapter([PlacedIntervention(steering, at: .blockOutput(1, positions))])
    }
    let trained = try adapter(.every, magnitude: 3)
    try ControlVectorFile.write(trained, of: model, to: place.url)
    let again = try SteeringVectors(
      contentsOf: place.url.appending(component: ControlVectorFile.fileName)
    ).makeAdapter(for: model, coefficient: 1)
    func logits(_ adapter: any Adapter) throws -> [Float] {
      try AdaptedModel(model, adapters: [adapter]).lastLogits([[5, 6, 7]]).elements
    }
    #expect(try logits(again) == logits(trained))
    func refusal(_ adapter: any Adapter) -> String? {
      line { _ = try ControlVectorFile.write(adapter, of: model, to: place.url) }
    }
    #expect(
      try refusal(adapter(.every, magnitude: nil))?
        .contains("expected a trained reft-r1, found an untrained one") == true)
    #expect(
      try refusal(adapter(.everyAfter(first: 1), magnitude: 3))?
        .hasSuffix("found block_output 1 @ every-f1") == true)
    #expect(
      line { _ = try AdaptedModel(model, adapters: [trained]).merged() }
        == "merge: expected updates of whole projections, found reft-r1")
  }

  /// A thing that is given in another's place is told where it belongs.
  @Test func misplaced() throws {
    let place = try TemporaryFolder()
    let model = try TinyModels.safetensors()
    func advice(_ url: URL) -> String {
      line {
        _ = try AdaptedModel(contentsOf: url.path, base: model, foreign: ForeignAdapters.all)
      } ?? ""
    }
    let pyreft = PyreftFixtures.folder.appending(component: "loreft")
    #expect(
      advice(pyreft).hasSuffix(
        "loreft/: adapter: expected a folder that `finetune`, `steer` or `import` wrote, or one of "
          + "adapterhub or peft, found one of pyreft's, which doesn't say its positions; make an "
          + "adapter of it with `interchange import MODEL loreft --positions f7+l7 --out DIR`, "
          + "with the positions that it was trained with")
        || advice(pyreft).contains("loreft: adapter: expected"), "\(advice(pyreft))")
    let vector = place.url.appending(component: "v.gguf")
    try SteeringVectors([1: .zeros([16])]).writeControlVector(to: vector)
    #expect(advice(vector).contains("`interchange steer MODEL --vectors v.gguf --out DIR`"))
    let base = TinyModels.folder.appending(component: "llama-gqa")
    #expect(advice(base).contains("found a model, which is the command's first argument"))
    let file = TinyModels.folder.appending(component: "llama-gqa.gguf")
    #expect(advice(file).contains("found a model, which is the command's first argument"))

    let peft = TinyModels.folder.deletingLastPathComponent().appending(path: "peft/lora-qv")
    #expect(
      ForeignAdapters.adviceForImport(of: peft.path)
        == "\(peft.path): expected a folder of pyreft's, found one of peft, which needs no import: "
        + "give it as --adapter")
    #expect(ForeignAdapters.adviceForImport(of: pyreft.path) == nil)
    #expect(
      ForeignAdapters.adviceForImport(of: vector.path)?.contains("steer MODEL --vectors") == true)
    #expect(
      ForeignAdapters.adviceForModel(at: peft.path)
        == "\(peft.path): expected a model, found an adapter of peft's: give the model that it "
        + "belongs to, and this as --adapter")
    #expect(ForeignAdapters.adviceForModel(at: base.path) == nil)
    #expect(
      ForeignAdapters.adviceForModel(at: pyreft.path)?.contains("import MODEL loreft") == true)
    let own = place.url.appending(component: "own")
    try AdapterFile.write(adapter("lora", model), of: model, to: own)
    #expect(
      ForeignAdapters.adviceForModel(at: own.path)
        == "\(own.path): expected a model, found an adapter: give the model that it belongs to, "
        + "and this as --adapter")
    #expect(ForeignAdapters.adviceForImport(of: own.path)?.contains("needs no import") == true)
  }
}
