import Foundation
import InterchangeCheckpoints
import InterchangeExchange
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Folders that pyreft can't have written, or that mean nothing here, get one line that says why.
@Suite struct HostilePyreftFolderTests {
  private let kept: TemporaryFolder
  private var url: URL { kept.url.appending(component: "folder") }
  private var config: URL { url.appending(component: "config.json") }
  private let model: LanguageModel

  init() throws {
    kept = try TemporaryFolder()
    model = try TinyModels.safetensors()
  }

  private func copy(_ name: String) throws {
    try? FileManager.default.removeItem(at: url)
    try FileManager.default.copyItem(
      at: PyreftFixtures.folder.appending(component: name), to: url)
  }

  private func message(
    _ positions: Positions = .firstAndLast(1, 1), _ activation: Activation? = nil
  ) -> String? {
    let message = line {
      _ = try PyreftFolder(contentsOf: url)
        .adapter(for: model, positions: positions, activation: activation)
    }
    #expect(message?.contains("\n") != true)
    return message
  }

  /// The message after a change of the configuration.
  private func message(replacing old: String, with new: String) throws -> String? {
    try copy("loreft")
    let text = try String(contentsOf: config, encoding: .utf8)
    #expect(text.contains(old))
    try text.replacing(old, with: new, maxReplacements: 1).write(
      to: config, atomically: true, encoding: .utf8)
    return message()?.replacing(config.path + ": ", with: "")
  }

  /// The first intervention's file.
  private func file(layer: Int = 0, _ component: String = "block_output") -> URL {
    url.appending(component: "intkey_layer_\(layer)_comp_\(component)_unit_pos_nunit_1#0.bin")
  }

  @Test func configuration() throws {
    #expect(
      try message(replacing: "LoreftIntervention", with: "MagicIntervention")
        == "intervention_types[0]: expected one of pyreft's LoreftIntervention, "
        + "NoreftIntervention, ConsreftIntervention, LobireftIntervention, DireftIntervention, "
        + "NodireftIntervention, found \"<class 'pyreft.interventions.MagicIntervention'>\"")
    #expect(
      try message(replacing: "pyreft.interventions.", with: "os.system.")?.hasSuffix(
        "found \"<class 'os.system.LoreftIntervention'>\"") == true)
    #expect(
      try message(replacing: "parallel", with: "serial")
        == "mode: expected parallel, found \"serial\"")
    #expect(
      try message(replacing: "\"pos\"", with: "\"h.pos\"")
        == "representations[0] unit: expected pos, found \"h.pos\"")
    let empty = String(repeating: "\n      null,", count: 4)
    #expect(
      try message(replacing: "3,\(empty)\n      null,", with: "3,\(empty)\n      \"tied\",")
        == "representations[0] intervention_link_key: expected null, found a value")
    #expect(
      try message(replacing: "block_output", with: "model.embed_tokens.output")?.hasPrefix(
        "representations[0] component: expected model.layers[N]. or transformer.h[N]. with one of"
      ) == true)
    let components = Component.allCases.map(\.rawValue).joined(separator: ", ")
    #expect(
      try message(replacing: "block_output", with: "head_query_output")?.hasPrefix(
        "representations[0] component: expected \(components)"
      ) == true)
    #expect(
      try message(replacing: "block_output", with: "../../block_output")?.hasPrefix(
        "representations[0] component: expected model.layers[N].") == true)
    #expect(
      try message(replacing: "nunit_1#0", with: "nunit_1#7")
        == "sorted_keys: expected the representations' keys, "
        + "found \"layer_0_comp_block_output_unit_pos_nunit_1#7\"")
    #expect(
      try message(replacing: "  \"mode\"", with: "  \"mood\"")
        == "expected field \"mode\", found none; near: \"mood\"")
    #expect(try message(replacing: "{", with: "[")?.contains("expected valid JSON") == true)
    try copy("loreft")
    try FileManager.default.removeItem(at: config)
    #expect(message() == "\(config.path): can't be read: No such file or directory")
  }

  @Test func missingAndTruncatedFiles() throws {
    try copy("loreft")
    let whole = try Data(contentsOf: file(layer: 2))
    for share in stride(from: 0.0, to: 1, by: 0.1) {
      try whole.prefix(Int(share * Double(whole.count))).write(to: file(layer: 2))
      #expect(message()?.hasPrefix("\(file(layer: 2).path(percentEncoded: false)): ") == true)
    }
    try FileManager.default.removeItem(at: file(layer: 2))
    #expect(
      message()
        == "\(file(layer: 2).path(percentEncoded: false)): can't be read: "
        + "No such file or directory")
  }

  /// Files of other interventions under this one's name: other keys, another shape.
  @Test func otherTensors() throws {
    try copy("loreft")
    let path = file().path(percentEncoded: false)
    func place(_ folder: String, _ name: String = "block_output") throws {
      try FileManager.default.removeItem(at: file())
      try FileManager.default.copyItem(
        at: PyreftFixtures.folder.appending(
          components: folder, file(layer: 0, name).lastPathComponent),
        to: file())
    }
    try place("direft")
    #expect(message()?.hasPrefix("\(path): expected tensor \"bias\", found none") == true)
    try copy("direft")
    try place("noreft")
    #expect(
      message()?.hasPrefix("\(path): expected tensor \"rotate_layer.parametrizations.weight")
        == true)
    try copy("nodireft")
    try place("direft")
    #expect(message()?.hasPrefix("\(path): expected tensor \"proj_layer.weight\"") == true)
    try copy("consreft-square")
    try place("consreft", "attention_output")
    #expect(message() == "\(path): tensor learned_source: expected shape [16], found [3]")
  }

  /// Numbers that are no numbers, and a rotation that is none: floats changed in place.
  @Test func otherNumbers() throws {
    try copy("loreft")
    let path = file().path(percentEncoded: false)
    let archive = try TorchArchive(contentsOf: file())
    let whole = try Data(contentsOf: file())
    func change(_ name: String, to bits: UInt32) throws {
      var data = whole
      let start = try archive.tensor(named: name).byteRange.lowerBound
      withUnsafeBytes(of: bits) { data.replaceSubrange(start..<start + 4, with: $0) }
      try data.write(to: file())
    }
    for bits in [Float.nan.bitPattern, (-Float.infinity).bitPattern] {
      try change("weight", to: bits)
      #expect(
        message() == "\(path): tensor weight: expected finite numbers, found "
          + "\(Float(bitPattern: bits)) at element 0")
    }
    try change("rotate_layer", to: Float(2).bitPattern)
    #expect(
      message()?.hasPrefix(
        "\(path): rotate_layer: expected a frame with orthonormal rows, found ‖RRᵀ − I‖∞ = ")
        == true)
    try whole.write(to: file())
    #expect(message() == nil)
  }

  @Test func extraTensors() throws {
    try copy("noreft")
    // NoReFT's file has a tensor more than DiReFT's classes know, under another class's name.
    let text = try String(contentsOf: config, encoding: .utf8)
    try text.replacing("NoreftIntervention", with: "DireftIntervention").write(
      to: config, atomically: true, encoding: .utf8)
    #expect(message()?.contains("expected tensor \"rotate_layer") == true)
    try copy("loreft")
    let path = file().path(percentEncoded: false)
    try FileManager.default.removeItem(at: file())
    try FileManager.default.copyItem(
      at: PyreftFixtures.folder.appending(component: "extra.bin"), to: file())
    #expect(
      message()
        == "\(path): tensor magic: expected no such tensor in an adapter of this kind, found one")
    try copy("loreft")
    try FileManager.default.copyItem(
      at: PyreftFixtures.folder.appending(component: "extra.bin"),
      to: url.appending(component: "pytorch_model.bin"))
    #expect(
      message()?.hasSuffix(
        "weights: expected none, as the base model stays as it is, found 4 tensors") == true)
  }

  @Test func positionsAndActivations() throws {
    try copy("loreft-untied")
    #expect(
      message(.last)
        == "\(config.path): representations: expected one intervention at block_output 0 @ -1, "
        + "or two with positions such as f7+l7, found 2")
    try copy("consreft")
    #expect(
      message(.last, .relu) == "\(config.path): activation: expected none for consreft, found one")
    try copy("noreft")
    #expect(
      message(.last, .relu)?.hasSuffix(
        "tensor proj_layer.bias: expected zeros where there is an activation function, "
          + "found other numbers") == true)
  }

  /// A model of another width, or with fewer layers.
  @Test func anotherModel() throws {
    try copy("consreft")
    let text = try String(contentsOf: config, encoding: .utf8)
    try text.replacing("attention_output", with: "mlp_hidden").write(
      to: config, atomically: true, encoding: .utf8)
    for layer in [0, 2] {
      try FileManager.default.moveItem(
        at: file(layer: layer, "attention_output"), to: file(layer: layer, "mlp_hidden"))
    }
    #expect(message()?.hasSuffix("tensor embed_dim: expected 24, found 16") == true)
    try copy("loreft")
    let layers = try String(contentsOf: config, encoding: .utf8)
    try layers.replacing("\n      2,", with: "\n      9,").replacing("layer_2", with: "layer_9")
      .write(to: config, atomically: true, encoding: .utf8)
    try FileManager.default.moveItem(at: file(layer: 2), to: file(layer: 9))
    #expect(
      message() == "\(config.path): representations: expected layers 0 to 2, found layer 9")
  }
}
