import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// The settings of a perceptron's training from scratch.
public struct PerceptronTraining: Codable, Sendable, Equatable {
  public var epochs = 4
  public var batchSize = 512
  /// The rate at the end of the warm-up; it falls to 0 by half a cosine.
  public var learningRate = 3e-3
  public var weightDecay = 0.0
  public var seed: UInt64 = 0

  public init() {}
}

extension Perceptron {
  /// The outputs for rows of inputs, without edits: [rows, inputs] → [rows, outputs].
  public func callAsFunction(_ inputs: Tensor) -> Tensor {
    let last = hidden.reduce(inputs) {
      $0.linear($1.weight, bias: $1.bias).activated(activation)
    }
    return logits(last, outputs: nil)
  }

  /// This perceptron after training on labelled rows by cross-entropy (Adam).
  ///
  /// - Parameters:
  ///   - inputs: [rows, inputs]
  ///   - labels: one class below `outputs` for each row
  ///   - progress: called with (step, steps, loss)
  /// - Throws: a `LinearAlgebraError` never occurs here: no parameter is a frame.
  public func trained(
    on inputs: Tensor, labels: [Int], settings: PerceptronTraining = PerceptronTraining(),
    progress: (Int, Int, Double) -> Void = { _, _, _ in }
  ) throws -> Perceptron {
    require(labels.count == inputs.rows, "trained: expected a label for each row")
    let maps = hidden + [readout]
    let parameters = maps.enumerated().flatMap { index, map in
      [Parameter("\(index).weight", map.weight), Parameter("\(index).bias", map.bias)]
    }
    func network(_ value: (Parameter) -> Tensor) -> Perceptron {
      let maps = stride(from: 0, to: parameters.count, by: 2).map {
        Linear(weight: value(parameters[$0]), bias: value(parameters[$0 + 1]))
      }
      return Perceptron(
        hidden: Array(maps.dropLast()), readout: maps[maps.count - 1], activation: activation)
    }
    var generator = RandomGenerator(seed: settings.seed)
    let optimizer = AdamW(parameters, weightDecay: settings.weightDecay)
    let stepsPerEpoch = (inputs.rows + settings.batchSize - 1) / settings.batchSize
    let steps = settings.epochs * stepsPerEpoch
    let schedule = LearningRateSchedule(
      peak: settings.learningRate, warmupSteps: steps / 20, totalSteps: steps, decay: .cosine)
    for _ in 0..<settings.epochs {
      let order = Array(0..<inputs.rows).shuffled(using: &generator)
      for start in stride(from: 0, to: order.count, by: settings.batchSize) {
        let batch = Array(order[start..<min(start + settings.batchSize, order.count)])
        let loss = network(\.tensor)(inputs.gatherRows(batch)).crossEntropy(
          batch.map { labels[$0] })
        loss.backward()
        try optimizer.step(learningRate: schedule.rate(at: optimizer.steps))
        progress(optimizer.steps, steps, Double(loss.scalar))
      }
    }
    return network(\.value)
  }
}
