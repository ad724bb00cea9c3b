import Foundation
import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// A trained classifier or regressor on a model's last hidden vectors, for models that have none of
/// their own for a task. It changes nothing inside the model; alone, on a frozen model, it is a
/// linear probe.
public final class LabelHead: Adapter {
  /// The vector that stands for an input.
  public enum Pooling: String, Codable, Sendable, CaseIterable {
    /// That of the first token, BERT's [CLS].
    case first
    /// The mean over all tokens, as sentence encoders have it.
    case mean
    /// That of the last token, which in a decoder alone has seen the others.
    case last

    /// The mean of an encoder, a decoder's last.
    public static func standard(for model: Model) -> Pooling {
      model.architecture.isCausal ? .last : .mean
    }

    func positions(of input: ModelInput) -> [Int] {
      switch self {
      case .first: [0]
      case .mean: Array(0..<input.length)
      case .last: [input.length - 1]
      }
    }
  }

  public let labels: LabelSet
  public let pooling: Pooling
  /// [outputs, width]
  private let weight: Parameter
  /// [outputs]
  private let bias: Parameter

  init(_ labels: LabelSet, pooling: Pooling, weight: Tensor, bias: Tensor) {
    (self.labels, self.pooling) = (labels, pooling)
    (self.weight, self.bias) = (Parameter("head.weight", weight), Parameter("head.bias", bias))
  }

  /// An untrained head.
  ///
  /// - Parameters:
  ///   - pooling: ``Pooling/standard(for:)`` when nil
  ///   - seed: of its weights, uniform in ±1/√width
  public convenience init(
    _ labels: LabelSet, for model: Model, pooling: Pooling? = nil, seed: UInt64
  ) {
    var generator = RandomGenerator(seed: seed ^ 0x6865_6164_0000_0000)
    let width = model.architecture.width
    let bound = 1 / Double(width).squareRoot()
    self.init(
      labels, pooling: pooling ?? .standard(for: model),
      weight: .uniform([labels.outputs, width], in: -bound..<bound, using: &generator),
      bias: .zeros([labels.outputs]))
  }

  public var method: String { "head" }
  public var parameters: [Parameter] { [weight, bias] }
  public var orthonormalParameters: [Parameter] { [] }

  public func validate(for model: Model) throws {
    guard weight.value.width == model.architecture.width else {
      throw FineTuningError.invalidSetting(
        name: "head", expected: "a model of width \(weight.value.width)",
        found: "\(model.architecture.width)")
    }
  }

  public func contribute(to request: inout Request, _ context: AdapterContext) {}

  /// The outputs for inputs whose last hidden vectors [vectors, width] stand one input after
  /// another.
  ///
  /// - Parameter counts: how many of them each input has
  /// - Returns: [inputs, outputs]
  func outputs(_ vectors: Tensor, counts: [Int]) -> Tensor {
    var pooled = vectors
    if counts.contains(where: { $0 != 1 }) {
      var shares = [Float](repeating: 0, count: counts.count * vectors.rows)
      var first = 0
      for (input, count) in counts.enumerated() {
        for row in first..<first + count { shares[input * vectors.rows + row] = 1 / Float(count) }
        first += count
      }
      pooled = Tensor(shares, shape: [counts.count, vectors.rows]).matrixProduct(vectors)
    }
    return pooled.linear(weight.tensor, bias: bias.tensor)
  }
}

/// The record of a head in files beside its tensors.
private struct LabelHeadRecord: Codable {
  let labels: LabelSet
  let pooling: LabelHead.Pooling
}

extension LabelHead {
  public static var kind: String { "head" }

  public func configuration() throws -> Data {
    try AdapterFile.encoded(LabelHeadRecord(labels: labels, pooling: pooling))
  }

  public var tensors: [(name: String, tensor: Tensor)] {
    [("weight", weight.value), ("bias", bias.value)]
  }

  public convenience init(
    configuration: Data, tensors: AdapterTensors, base: LanguageModel
  ) throws {
    guard let record = try? JSONDecoder().decode(LabelHeadRecord.self, from: configuration) else {
      throw tensors.invalid("configuration", "labels and a pooling", "something else")
    }
    let (outputs, width) = (record.labels.outputs, base.architecture.width)
    self.init(
      record.labels, pooling: record.pooling,
      weight: try tensors.tensor("weight", [outputs, width]),
      bias: try tensors.tensor("bias", [outputs]))
  }
}
