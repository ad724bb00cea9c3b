import Foundation
import Interchange
import Testing

/// An adapter of an earlier version with what was measured with it then.
struct EarlierAdapter: Decodable, Sendable, CustomTestStringConvertible {
  let name: String
  let method: String
  let base: String
  let data: String
  let answers: AnswerMode
  let hasHead: Bool
  let parameters: Int
  /// The loss without the adapter; nil where it has a head, which nothing replaces.
  let untuned: Double?
  let loss: Double

  var testDescription: String { name }

  /// None where the list can't be read, which a test of its own tells.
  static let all = (try? Earlier.expected([EarlierAdapter].self, in: "adapters")) ?? []
}

/// Adapters, and everything else that a training or an alignment leaves in files.
@Suite struct EarlierAdapterTests {
  /// The distance that a loss may have from the measured one, as a share of it. Sums of float32 in
  /// another order (other kernels, threads or machines) change such a loss by some 10⁻⁶ of it; this
  /// leaves a hundredfold, and is less than the change by the weakest of the adapters.
  private static let tolerance = 1e-4

  private func isClose(_ found: Double, _ expected: Double) -> Bool {
    abs(found - expected) <= Self.tolerance * abs(expected)
  }

  @Test func noneIsLeftOut() throws {
    let all = try Earlier.expected([EarlierAdapter].self, in: "adapters")
    #expect(try Earlier.names(in: "adapters") == Set(all.map(\.name)))
    // Version 0.1.0 had 18 methods.
    let methods = Set(all.map(\.method))
    #expect(methods.count == 18)
    #expect(methods.isSubset(of: AdapterConfiguration.methodNames))
  }

  @Test(arguments: EarlierAdapter.all)
  func measuresTheSame(adapter: EarlierAdapter) throws {
    let base = try EarlierBase(adapter.base)
    let adapted = try AdaptedModel(
      contentsOf: Earlier.path("adapters", adapter.name), base: base.model)
    #expect((adapted.head != nil) == adapter.hasHead)
    #expect(adapted.parameterCount == adapter.parameters || Self.isReadSmaller(adapter))
    let source = try DataSource(Earlier.path("data", adapter.data))
    let examples = try source.examples()
    let evaluator = Evaluator(EvaluationTask(source, examples), mode: adapter.answers)
    func loss(_ adapted: AdaptedModel) throws -> Double {
      try evaluator.evaluate(adapted, on: examples).result.loss
    }
    let found = try loss(adapted)
    #expect(isClose(found, adapter.loss), "\(found), expected \(adapter.loss)")
    if let untuned = adapter.untuned {
      let bare = try loss(AdaptedModel(base.model, adapters: []))
      #expect(isClose(bare, untuned), "\(bare), expected \(untuned)")
      #expect(!isClose(found, untuned))
    }
  }

  /// True when a file has fewer numbers than the training had: soft tokens drop the network that
  /// made them.
  private static func isReadSmaller(_ adapter: EarlierAdapter) -> Bool {
    ["p-tuning", "prefix-tuning"].contains(adapter.method)
  }

  @Test func rotation() throws {
    let (rotation, metadata) = try Rotation.read(
      contentsOf: Earlier.folder.appending(components: "rotation", "rotation.safetensors"))
    #expect(rotation.rank == 2 && rotation.width == 16)
    #expect(rotation.orthonormalityError < 1e-5)
    #expect(
      Array(rotation.frame.elements.prefix(3))
        == [-0.33763587474823, -0.24045538902282715, 0.22290445864200592])
    #expect(metadata["site"] == "block_output 1 @ -1")
    #expect(metadata["model"] == (try EarlierBase("llama-gqa").model.identity()))
  }

  @Test func steeringVectors() throws {
    let model = try EarlierBase("llama-gqa").model
    let control = try SteeringVectors(
      contentsOf: Earlier.folder.appending(components: "steering", "control-vector.gguf"))
    #expect(control.layers == [1, 2] && control.width == 16)
    // The record has the norms before the coefficient, 4.
    let summaries = try #require(try Earlier.record("steer").results.steering?.summaries)
    for summary in summaries {
      let vector = try #require(control.vectors[summary.layer]).elements
      let norm = vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(isClose(norm, 4 * summary.norm))
    }
    // As an adapter and as a control vector they steer alike.
    let read = try AdaptedModel(contentsOf: Earlier.path("steering"), base: model)
    let made = try AdaptedModel(
      model, adapters: [control.makeAdapter(for: model, coefficient: 1)])
    let expected = try Earlier.expected([String: Double].self, in: "steering")
    let source = try DataSource(Earlier.path("data", "pairs.jsonl"))
    let examples = try source.examples()
    let evaluator = Evaluator(EvaluationTask(source, examples), mode: .loss)
    for adapted in [read, made] {
      let found = try evaluator.evaluate(adapted, on: examples).result.loss
      #expect(try isClose(found, #require(expected["loss"])), "\(found)")
    }
    let prompt = model.encode("the cat").ids
    let written = try read.generate([prompt], options: GenerationOptions(maximumTokens: 6))
    #expect(
      model.tokenizer.decode(try #require(written.first), continuing: true) == "rererererere")
  }

  @Test func choices() throws {
    let choices = try MethodChoices(
      contentsOf: Earlier.folder.appending(components: "search", "choices.json"))
    #expect(choices == (try MethodChoices(parsing: "lora:rank=1")))
  }
}
