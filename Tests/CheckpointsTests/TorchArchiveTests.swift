import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct TorchArchiveTests {
  struct Expected: Decodable {
    let name: String
    let type: String
    let shape: [Int]
    let values: [Float]
  }

  private func archive(_ name: String) throws -> TorchArchive {
    try TorchArchive(contentsOf: Fixture.url("torch/\(name)"))
  }

  @Test(arguments: [
    "values.bin", "values-4.bin", "nested.bin", "reft-loreft.bin", "reft-noreft.bin",
    "reft-consreft.bin", "reft-direft.bin", "reft-nodireft.bin", "float8.bin",
  ])
  func readsTorchsValues(file: String) throws {
    let all = try JSONDecoder().decode(
      [String: [Expected]].self, from: Data(contentsOf: Fixture.url("torch/expected.json")))
    let expected = try #require(all[file])
    let archive = try archive(file)
    #expect(archive.names == expected.map(\.name))
    for tensor in expected {
      let stored = try archive.tensor(named: tensor.name)
      #expect(stored.shape == tensor.shape, "\(tensor.name)")
      #expect(stored.elementType.rawValue == tensor.type, "\(tensor.name)")
      #expect(bits(stored.floats().elements) == bits(tensor.values), "\(tensor.name)")
    }
  }

  @Test func readsWhereItLiesUnlessStrided() throws {
    let archive = try archive("values.bin")
    #expect(try archive.tensor(named: "base").file === archive.file)
    #expect(try archive.tensor(named: "nothing").file === archive.file)
    #expect(try archive.tensor(named: "transposed").file !== archive.file)
  }

  @Test func readsPlainData() throws {
    let archive = try archive("nested.bin")
    #expect(archive.names == ["outer"])
    guard case .dictionary(let entries) = archive.value else {
      Issue.record("expected a dictionary")
      return
    }
    #expect(entries.map(\.key).first == .string("epoch"))
    let shown = entries.map { "\($0.key): \(text($0.value))" }
    #expect(
      shown == [
        "string(\"epoch\"): 3", "string(\"loss\"): 0.125", "string(\"done\"): false",
        "string(\"note\"): naïve 東京", "string(\"nothing\"): none",
        "string(\"large\"): -1099511627776", "string(\"medium\"): 70000",
        "string(\"betas\"): (0.9 0.999)", "string(\"size\"): (2 3)",
        "string(\"groups\"): [{lr=0.001 params=[0 1]} []]",
        "string(\"state\"): {0={step=tensor[]} -1=()}",
        "string(\"model\"): {weight=tensor[2, 3]}", "string(\"outer\"): tensor[3]",
      ])
    guard case .tensor(let weight)? = archive.value["model"]?["weight"] else {
      Issue.record("expected a tensor")
      return
    }
    #expect(try weight.stored(as: "weight").floats().elements == [0, 1, 2, 3, 4, 5])
  }

  private func text(_ value: TorchValue) -> String {
    switch value {
    case .none: "none"
    case .boolean(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): value
    case .tensor(let tensor): "tensor\(tensor.shape)"
    case .list(let values): "[\(values.map(text).joined(separator: " "))]"
    case .tuple(let values): "(\(values.map(text).joined(separator: " ")))"
    case .dictionary(let entries):
      "{\(entries.map { "\(key($0.key))=\(text($0.value))" }.joined(separator: " "))}"
    }
  }

  private func key(_ key: TorchValue.Key) -> String {
    switch key {
    case .string(let text): text
    case .integer(let number): "\(number)"
    }
  }

  @Test func aFolderWithoutSafetensorsIsReadFromItsArchive() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("pytorch_model.bin", try Fixture.bytes("torch/reft-loreft.bin"))
    let found = try checkpoint(inFolder: folder.url)
    #expect(found.names == ["weight", "bias", "rotate_layer"])
    #expect(found.identity().hasPrefix("xxh64:"))
    #expect(
      line { _ = try found.tensor(named: "wieght") }?.hasSuffix(
        "expected tensor \"wieght\", found none; near: \"weight\"") == true)
    _ = try folder.file("model.safetensors", try Fixture.bytes("single.safetensors"))
    #expect(try checkpoint(inFolder: folder.url) is SafetensorsCheckpoint)
  }
}
