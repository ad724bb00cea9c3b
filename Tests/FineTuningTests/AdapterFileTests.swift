import Foundation
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Adapters in files.
@Suite struct AdapterFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var file: URL { folder.url.appending(component: "adapter.safetensors") }

  private func adapted(_ model: LanguageModel) throws -> AdaptedModel {
    let contained = try Rotation.random(rank: 4, width: 16, seed: 9).within(rank: 2, seed: 1)
    return try AdaptedModel(
      model,
      [
        PlacedIntervention(randomLoReFT(rank: 3, seed: 1), at: .blockOutput(0, .last)),
        PlacedIntervention(ReFT(rotation: contained), at: .mlpOutput(1, .firstAndLast(1, 1))),
        PlacedIntervention(
          randomLoReFT(rank: 1, width: 4, seed: 2), at: .valueOutput(2, head: 1, .all)),
        PlacedIntervention(
          ReFT(rotation: try .random(rank: 2, width: 16, seed: 3).frozen),
          at: .attentionOutput(2, .index(-1))),
      ])
  }

  @Test func roundTripGivesTheSameNumbers() throws {
    let model = try TinyModels.gguf()
    let original = try adapted(model)
    let nested = folder.url.appending(path: "made/when/missing")
    try original.write(to: nested)
    let read = try AdaptedModel(contentsOf: nested.path, base: model)
    let prompts = [[5, 6, 7], [20, 46, 43, 18], [9, 9]]
    #expect(
      try read.lastLogits(prompts).elements == original.lastLogits(prompts).elements)
    #expect(try read.generate(prompts) == original.generate(prompts))
    #expect(read.interventions.map(\.site) == original.interventions.map(\.site))
    let trained = read.interventions.compactMap { ($0.intervention as? ReFT)?.rotation?.isTrained }
    #expect(trained == [true, true, true, false])
    try read.write(to: folder.url)
    #expect(
      try Data(contentsOf: file)
        == Data(contentsOf: nested.appending(component: "adapter.safetensors")))
    let entries = try FileManager.default.contentsOfDirectory(atPath: nested.path)
    #expect(entries == ["adapter.safetensors"])
  }

  @Test func anotherBaseIsRefusedWithBothHashes() throws {
    let (model, other) = (try TinyModels.gguf(), try TinyModels.safetensors())
    try adapted(model).write(to: folder.url)
    #expect(
      line { _ = try AdaptedModel(contentsOf: folder.url.path, base: other) }
        == "\(file.path): base model: expected \(try model.identity()), which it was trained on, "
        + "found \(try other.identity())")
    #expect(try model.identity() != other.identity())
  }

  /// Writes the adapter of one intervention anew with something changed.
  private func damage(
    _ model: LanguageModel, record: (String) -> String? = { $0 },
    tensors change: (inout [String: Tensor]) -> Void = { _ in }
  ) throws {
    let adapted = try AdaptedModel(
      model, [PlacedIntervention(randomLoReFT(rank: 3, seed: 1), at: .blockOutput(0, .last))])
    try adapted.write(to: folder.url)
    let whole = try SafetensorsFile(contentsOf: file)
    var tensors = try Dictionary(
      uniqueKeysWithValues: whole.names.map { ($0, try whole.tensor(named: $0).floats()) })
    change(&tensors)
    try Safetensors.write(
      tensors.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: $0.value) },
      metadata: whole.metadata.compactMapValues(record), to: file)
  }

  private func message(_ model: LanguageModel) -> String? {
    line { _ = try AdaptedModel(contentsOf: folder.url.path, base: model) }
  }

  @Test func undamagedAfterTheSameTreatment() throws {
    let model = try TinyModels.gguf()
    try damage(model)
    #expect(message(model) == nil)
  }

  @Test func damagedRecords() throws {
    let model = try TinyModels.gguf()
    let none =
      "\(file.path): metadata: expected a record of format interchange-adapter-2, found none"
    try damage(model) { _ in nil }
    #expect(message(model) == none)
    try damage(model) { _ in "{" }
    #expect(message(model) == none)
    try damage(model) { $0.replacing("adapter-2", with: "adapter-9") }
    #expect(message(model) == none)
    try damage(model) { $0.replacing(#""method":"loreft""#, with: #""method":"magic""#) }
    // Other tests register kinds of their own.
    let unknown = try #require(message(model))
    #expect(
      unknown.hasPrefix(
        "\(file.path): method: expected loreft, noreft, consreft, lobireft, direft, nodireft, red, "
          + "steering, lora, serial-adapter, parallel-adapter, bitfit, full, diff-pruning")
        && unknown.hasSuffix(", found magic"))
    try damage(model) { $0.replacing(#""kind":"interventions""#, with: #""kind":"magic""#) }
    #expect(
      message(model)
        == "\(file.path): kind: expected interventions or soft tokens or head, found magic")
    try damage(model) { $0.replacing(#""dropout":0"#, with: #""dropout":1"#) }
    #expect(message(model) == "\(file.path): dropout of 0: expected 0 to below 1, found 1.0")
    try damage(model) { $0.replacing(#""rank":3"#, with: #""rank":-3"#) }
    #expect(
      message(model)
        == "\(file.path): 0.rank: expected 1 to 16, found -3")
    try damage(model) { $0.replacing(#""layer":0"#, with: #""layer":7"#) }
    #expect(message(model) == "layer 7 is out of range: the model has layers 0 to 2")
  }

  @Test func damagedTensors() throws {
    let model = try TinyModels.gguf()
    try damage(model, tensors: { $0["0.weight"] = nil })
    #expect(message(model)?.hasPrefix("\(file.path): expected tensor \"0.weight\"") == true)
    try damage(model, tensors: { $0["0.bias"] = .zeros([4]) })
    #expect(message(model) == "\(file.path): tensor 0.bias: expected shape [3], found [4]")
    try damage(model, tensors: { $0["0.rotation"] = Tensor(repeating: 0.5, shape: [3, 16]) })
    #expect(
      message(model)?.hasPrefix(
        "\(file.path): 0.rotation: expected a frame with orthonormal rows, found") == true)
    try damage(model, tensors: { $0["0.rotation"] = Tensor(repeating: .nan, shape: [3, 16]) })
    #expect(
      message(model)
        == "\(file.path): tensor 0.rotation: expected finite numbers, found nan at element 0")
    try damage(model, tensors: { $0["1.bias"] = .zeros([3]) })
    #expect(
      message(model)
        == "\(file.path): tensor 1.bias: expected no such tensor in an adapter of this kind, found one"
    )
  }

  @Test func truncatedAnywhere() throws {
    let model = try TinyModels.gguf()
    try adapted(model).write(to: folder.url)
    let whole = try Data(contentsOf: file)
    for share in stride(from: 0.0, to: 1, by: 0.05) {
      try whole.prefix(Int(share * Double(whole.count))).write(to: file)
      let message = message(model)
      #expect(message?.hasPrefix(file.path) == true, "\(share)")
      #expect(message?.contains("\n") == false)
    }
    try FileManager.default.removeItem(at: file)
    #expect(message(model)?.hasPrefix(file.path) == true)
  }

  /// Below a regular file nothing can be written, by anybody.
  @Test func unwritableFolder() throws {
    let below = URL(filePath: try folder.file(Data())).appending(component: "sub")
    let adapted = try adapted(TinyModels.gguf())
    #expect(throws: (any Error).self) { try adapted.write(to: below) }
  }
}
