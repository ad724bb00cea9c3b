import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import InterchangeTokenizers
import Testing

/// What encoders' files have in other ways: older names, no head, one weight for several layers.
@Suite struct EncoderFormTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  /// A copy of a form with another file of weights in the place of its own.
  private func copy(_ name: String, weights: String = "model") throws -> URL {
    let copy = temporary.url.appending(component: name)
    let form = ArchitectureForm.folder.appending(component: name)
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
    for (from, to) in [
      ("config.json", "config.json"), (weights + ".safetensors", "model.safetensors"),
    ] {
      try FileManager.default.copyItem(
        at: form.appending(component: from), to: copy.appending(component: to))
    }
    return copy
  }

  private func model(_ url: URL) throws -> Model {
    Model(try ModelFamilies.architecture(in: ModelFolder(url)))
  }

  @Test(arguments: ArchitectureForm.encoders)
  func olderFiles(name: String) throws {
    let older = ArchitectureForm.folder.appending(components: name, "model-older.safetensors")
    guard FileManager.default.fileExists(atPath: older.path) else { return }
    let form = try ArchitectureForm(name)
    let input = try form.input("short")
    let request = Request([input], logits: [form.measured(input)])
    let found = try model(copy(name, weights: "model-older")).run(request).logits
    expectSame(try #require(found), try #require(try form.model.run(request).logits), name)
  }

  @Test func aSharedLayerIsCountedOnce() throws {
    let form = try ArchitectureForm("albert")
    let file = try SafetensorsFile(
      contentsOf: form.url.appending(component: "model.safetensors"))
    let numbers = try file.names.reduce(0) {
      $0 + (try file.tensor(named: $1).shape.reduce(1, *))
    }
    let albert = form.model.architecture
    #expect(albert.parameterCount == numbers)
    // Every layer has the weight, and costs what it does.
    #expect(
      albert.weight(of: .up, layer: 2)?.elements == albert.weight(of: .up, layer: 0)?.elements)
    let costs = (0..<3).map {
      albert.blockCost($0, keyRows: 5, outputRows: 5, pairs: 25).operations
    }
    #expect(costs[0] > 0 && costs[1] == costs[0] && costs[2] == costs[0])
  }

  @Test func anEncoderWithoutItsHead() throws {
    let url = try copy("electra-classifier")
    try ModelFixture.set(["architectures": .array([.string("ElectraModel")])], in: url)
    let fault = line { _ = try model(url) }
    #expect(fault?.contains("classifier.dense.weight") == true, "\(fault ?? "")")
    // Published without its head, under the name that it has with one.
    let body = try copy("mpnet")
    let weights = body.appending(component: "model.safetensors")
    let file = try SafetensorsFile(contentsOf: weights)
    try Safetensors.write(
      file.names.filter { !$0.hasPrefix("lm_head.") }.map {
        ($0, try file.tensor(named: $0).floats())
      }, to: weights)
    let headless = try model(body)
    #expect(headless.architecture.outputs == 0)
    let form = try ArchitectureForm("mpnet")
    let input = try form.input("long")
    #expect(headless.architecture.outputPosition(of: input) == 0)
    let cells = Cells(.blockOutput, layer: 2, positions: [Array(0..<input.length)])
    let last = try headless.run(Request([input], captures: [cells])).captures[0]
    expectClose(
      last, try form.tensor("long.site.block_output.2"), absolute: 1e-4, relative: 0, "last rows")
  }

  /// A classifier answers at the first position, a model of masked tokens at the first mask.
  @Test func outputPositions() throws {
    let url = try copy("distilbert")
    let tokenizer = Fixtures.folder.deletingLastPathComponent()
      .appending(components: "tokenizers", "bert")
    for file in ["tokenizer.json", "tokenizer_config.json"] {
      try FileManager.default.copyItem(
        at: tokenizer.appending(component: file), to: url.appending(component: file))
    }
    let mask = try #require(try ModelFolder(url).tokenizer().mask)
    let architecture = try model(url).architecture
    #expect(architecture.outputPosition(of: .tokens([1, 2, mask, 3, mask])) == 2)
    #expect(architecture.outputPosition(of: .tokens([1, 2, 3])) == 2)
    let classifier = try ArchitectureForm("distilbert-classifier").model.architecture
    #expect(classifier.outputPosition(of: .tokens([1, 2, 3])) == 0)
  }

  @Test func aConvolutionIsRefused() throws {
    let fault = line { _ = try model(copy("deberta-v2-xlarge")) }
    #expect(fault?.contains("conv_kernel_size: expected 0, found 3") == true, "\(fault ?? "")")
  }

  /// Outputs of the mean of all positions are the same wherever they are asked for.
  @Test func pooledOutputs() throws {
    let form = try ArchitectureForm("modernbert-classifier")
    let inputs = [try form.input("long"), try form.input("short")]
    let logits = try #require(
      try form.model.run(Request(inputs, logits: [[3, 5], []])).logits)
    #expect(logits.rows == 2)
    expectSame(logits.rowSlice(0..<1), logits.rowSlice(1..<2), "two positions")
    let last = try #require(try form.model.run(Request(inputs, logits: [[], [6]])).logits)
    expectClose(
      last, try form.tensor("short.logits"), absolute: 1e-4, relative: 0, "the second input")
  }
}
