import Foundation
import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import Testing

/// Probabilities follow what a head's outputs say together.
@Suite struct OutputKindTests {
  private let logits = Tensor([1, -2, 0.5], shape: [1, 3])

  @Test func probabilities() throws {
    let exponentials = [1, -2, 0.5].map { exp($0) }
    let softmax = exponentials.map { Float($0 / exponentials.reduce(0, +)) }
    let exclusive = try #require(OutputKind.exclusive.probabilities(logits))
    #expect(zip(exclusive, softmax).allSatisfy { abs($0 - $1) < 1e-6 })
    let independent = try #require(OutputKind.independent.probabilities(logits))
    for (found, logit) in zip(independent, [1, -2, 0.5]) {
      #expect(abs(Double(found) - 1 / (1 + exp(-logit))) < 1e-6)
    }
    #expect(OutputKind.number.probabilities(logits) == nil)
  }

  /// The tiny classifier with another `problem_type`.
  private func kind(_ problem: String?) throws -> OutputKind {
    let folder = FileManager.default.temporaryDirectory.appending(
      component: "OutputKindTests-\(UUID().uuidString)")
    let source = Fixtures.url("bert-classifier")
    try FileManager.default.copyItem(at: source, to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(component: "config.json")
    var fields = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    fields["problem_type"] = problem
    try JSONSerialization.data(withJSONObject: fields).write(to: file)
    return try Bert(folder: folder).shape.outputKind
  }

  @Test func theConfigurationSaysIt() throws {
    #expect(try kind(nil) == .exclusive)
    #expect(try kind("single_label_classification") == .exclusive)
    #expect(try kind("multi_label_classification") == .independent)
    #expect(try kind("regression") == .number)
    #expect(throws: ModelError.self) { try kind("other") }
  }
}
