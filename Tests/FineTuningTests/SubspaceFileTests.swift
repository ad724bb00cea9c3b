import Foundation
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// A subspace of a file, in the model and at the place where it was found.
@Suite struct SubspaceFileTests {
  private func adapter(
    _ metadata: [String: String], component: Component = .blockOutput, layer: Int = 1
  ) throws -> any Adapter {
    let model = try TinyModels.gguf()
    let folder = try TemporaryFolder()
    let file = folder.url.appending(component: "rotation.safetensors")
    try Rotation.random(rank: 2, width: 16, seed: 3).write(to: file, metadata: metadata)
    var inputs = AdapterInputs()
    try inputs.readSubspace(contentsOf: file, use: .fixed, for: model)
    var configuration = AdapterConfiguration(method: "loreft")
    (configuration.layers, configuration.component) = (.layers([layer]), component)
    (configuration.positions, configuration.rank) = (.all, 2)
    return try configuration.makeAdapter(for: model, inputs: inputs)
  }

  @Test func theSameModelAndPlace() throws {
    let identity = try TinyModels.gguf().identity()
    for metadata in [
      ["site": "block_output 1 @ -1", "model": identity],
      ["site": "block_output 1 @ f7+l7", "model": ""], [:],
    ] {
      let found = try #require(adapter(metadata) as? InterventionAdapter)
      let reft = try #require(found.interventions[0].intervention as? ReFT)
      #expect(
        try reft.rotation?.frame.elements
          == Rotation.random(rank: 2, width: 16, seed: 3).frame.elements)
    }
  }

  @Test func anotherModel() throws {
    let found = line { _ = try adapter(["model": "0123"]) }
    #expect(
      found?.contains("base model: expected 0123, in which the subspace was found, found ") == true)
  }

  @Test func anotherPlace() throws {
    let site = ["site": "block_output 1 @ -1"]
    #expect(
      line { _ = try adapter(site, layer: 2) }?.hasSuffix(
        "site: expected block_output 1, where the subspace was found, found block_output 2, "
          + "where it is to be used") == true)
    #expect(line { _ = try adapter(site, component: .mlpOutput) }?.contains("mlp_output 1") == true)
    #expect(line { _ = try adapter(["site": "block_output 1 head 0 @ all"]) } != nil)
  }
}
