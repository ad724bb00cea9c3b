import Foundation
import InterchangeTensors
import Testing

/// AdamW by plain loops in Double (arXiv 1711.05101, algorithm 2).
private struct PlainAdamW {
  var values: [Double]
  var first: [Double]
  var second: [Double]
  var steps = 0

  init(_ values: [Double]) {
    self.values = values
    first = values.map { _ in 0 }
    second = first
  }

  mutating func step(_ gradient: [Double], rate: Double, decay: Double, betas: (Double, Double)) {
    steps += 1
    for index in values.indices {
      let g = gradient[index]
      first[index] = betas.0 * first[index] + (1 - betas.0) * g
      second[index] = betas.1 * second[index] + (1 - betas.1) * g * g
      let mean = first[index] / (1 - pow(betas.0, Double(steps)))
      let power = second[index] / (1 - pow(betas.1, Double(steps)))
      values[index] -= rate * decay * values[index]
      values[index] -= rate * mean / (power.squareRoot() + 1e-8)
    }
  }
}

@Suite struct OptimizerTests {
  @Test(arguments: [0, 0.1], [(0.9, 0.999), (0.8, 0.95)])
  func twentySteps(decay: Double, betas: (Double, Double)) throws {
    var samples = Samples(seed: 101)
    let parameter = Parameter("weight", samples.normal([7, 37]))
    let target = samples.normal([7, 37])
    let targets = target.elements.map(Double.init)
    var plain = PlainAdamW(parameter.value.elements.map(Double.init))
    let optimizer = AdamW([parameter], betas: betas, weightDecay: decay)
    let schedule = LearningRateSchedule(peak: 0.05, warmupSteps: 4, totalSteps: 20, decay: .cosine)
    for step in 0..<20 {
      // Σ (w − t)⁴ / 4, whose gradient (w − t)³ spans magnitudes.
      let difference = parameter.tensor - target
      let square = difference * difference
      (0.25 * (square * square)).sum().backward()
      try optimizer.step(learningRate: schedule.rate(at: step))
      #expect(parameter.gradient == nil)
      let gradient = zip(plain.values, targets).map { pow($0 - $1, 3) }
      plain.step(gradient, rate: schedule.rate(at: step), decay: decay, betas: betas)
    }
    #expect(optimizer.steps == 20)
    // 20 steps of at most 0.05, each good to a few parts in 1e5 (1 − β₂ in float32).
    expectClose(parameter.value, plain.values, absolute: 5e-5)
  }

  @Test func theFirstStepHasTheSizeOfTheLearningRate() throws {
    let parameter = Parameter("weight", Tensor([1, 1, 1]))
    (Tensor([1e-4, 5, -1e4]) * parameter.tensor).sum().backward()
    try AdamW([parameter]).step(learningRate: 0.25)
    // ε = 1e-8 beside a gradient of 1e-4 is 1e-4 of the step.
    expectClose(parameter.value, [0.75, 0.75, 1.25], absolute: 3e-5)
  }

  @Test func parametersWithoutAGradientStay() throws {
    let (used, unused) = (Parameter("used", Tensor([1])), Parameter("unused", Tensor([1])))
    let optimizer = AdamW([used, unused], weightDecay: 0.5)
    used.tensor.sum().backward()
    try optimizer.step(learningRate: 0.1)
    #expect(unused.value.elements == [1])
    #expect(used.value.elements != [1])
  }

  @Test func valuesTakenEarlierStay() throws {
    let parameter = Parameter("weight", Tensor([1, 2]))
    let before = parameter.value
    let optimizer = AdamW([parameter])
    for _ in 0..<3 {
      parameter.tensor.sum().backward()
      try optimizer.step(learningRate: 0.1)
    }
    #expect(before.elements == [1, 2])
  }

  @Test func schedules() {
    let linear = LearningRateSchedule(peak: 2, warmupSteps: 4, totalSteps: 12, decay: .linear)
    let expected = [0.5, 1, 1.5, 2, 2, 1.75, 1.5, 1.25, 1, 0.75, 0.5, 0.25, 0, 0]
    expectClose((0..<14).map(linear.rate(at:)), expected, absolute: 1e-12, relative: 0)
    let cosine = LearningRateSchedule(peak: 2, totalSteps: 4, decay: .cosine)
    expectClose(
      (0..<6).map(cosine.rate(at:)),
      [2, 1 + 0.5.squareRoot(), 1, 1 - 0.5.squareRoot(), 0, 0], absolute: 1e-12, relative: 0)
    let constant = LearningRateSchedule(peak: 3, warmupSteps: 2, totalSteps: 5, decay: .constant)
    #expect((0..<7).map(constant.rate(at:)) == [1.5, 3, 3, 3, 3, 3, 3])
    let onlyWarmup = LearningRateSchedule(peak: 1, warmupSteps: 10, totalSteps: 5)
    #expect((0..<12).map(onlyWarmup.rate(at:)).allSatisfy { $0 >= 0 && $0 <= 1 })
  }
}
