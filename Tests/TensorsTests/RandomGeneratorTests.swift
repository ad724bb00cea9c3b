import Foundation
import InterchangeBasics
import InterchangeTensors
import Testing

@Suite struct RandomGeneratorTests {
  @Test func firstOutputs() {
    // xoshiro256** seeded by SplitMix64, computed from the published algorithms in Python.
    let expected: [UInt64: [UInt64]] = [
      0: [
        0x99ec_5f36_cb75_f2b4, 0xbf6e_1f78_4956_452a, 0x1a5f_849d_4933_e6e0, 0x6aa5_94f1_262d_2d2c,
        0xbba5_ad4a_1f84_2e59,
      ],
      42: [
        0x1578_0b2e_0c2e_c716, 0x6104_d986_6d11_3a7e, 0xae17_5332_39e4_99a1, 0xecb8_ad47_03b3_60a1,
        0xfde6_dc7f_e2ec_5e64,
      ],
      .max: [
        0x8f55_20d5_2a7e_ad08, 0xc476_a018_caa1_802d, 0x81de_31c0_d260_469e, 0xbf65_8d7e_065f_3c2f,
        0x9135_93fd_a1bc_a32a,
      ],
    ]
    for (seed, outputs) in expected {
      var generator = RandomGenerator(seed: seed)
      #expect(outputs == outputs.map { _ in generator.next() }, "seed \(seed)")
    }
  }

  @Test func theSeedDecidesEverything() {
    func draw(_ seed: UInt64) -> [Float] {
      var generator = RandomGenerator(seed: seed)
      return Tensor.normal([40], using: &generator).elements
        + Tensor.uniform([40], in: -1..<1, using: &generator).elements
    }
    #expect(draw(5) == draw(5))
    #expect(draw(5) != draw(6))
  }

  @Test func uniformMoments() {
    var generator = RandomGenerator(seed: 7)
    let count = 200_000
    let numbers = (0..<count).map { _ in generator.uniform() }
    #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
    let mean = numbers.reduce(0, +) / Double(count)
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    // Four deviations of the mean of 200,000 numbers of variance 1/12.
    expectClose(mean, 0.5, absolute: 4 * (1.0 / 12 / Double(count)).squareRoot(), relative: 0)
    expectClose(variance, 1.0 / 12, absolute: 1e-3, relative: 0)
  }

  @Test func normalMoments() {
    var generator = RandomGenerator(seed: 8)
    let count = 200_000
    let numbers = (0..<count).map { _ in generator.normal() }
    func moment(_ order: Int) -> Double {
      numbers.reduce(0) { $0 + pow($1, Double(order)) } / Double(count)
    }
    // Four deviations each: √(1, 2, 15, 96) / √count.
    let root = Double(count).squareRoot()
    expectClose(moment(1), 0, absolute: 4 / root, relative: 0)
    expectClose(moment(2), 1, absolute: 4 * 2.0.squareRoot() / root, relative: 0)
    expectClose(moment(3), 0, absolute: 4 * 15.0.squareRoot() / root, relative: 0)
    expectClose(moment(4), 3, absolute: 4 * 96.0.squareRoot() / root, relative: 0)
    let within = Double(numbers.count { abs($0) < 1 }) / Double(count)
    expectClose(within, 0.682_689, absolute: 4e-3, relative: 0)
    // Neighbors are independent: both numbers of one Box–Muller pair would not be.
    let lag = zip(numbers, numbers.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / Double(count)
    expectClose(lag, 0, absolute: 4 / root, relative: 0)
  }

  @Test func tensorsFollowTheirParameters() {
    var generator = RandomGenerator(seed: 9)
    let normal = Tensor.normal([300, 100], deviation: 0.02, using: &generator)
    #expect(normal.shape == [300, 100])
    let deviation = (Tensor.dot(normal, normal) / 30_000).squareRoot()
    expectClose(deviation, 0.02, absolute: 0, relative: 0.02)
    let uniform = Tensor.uniform([30_000], in: -3..<5, using: &generator)
    #expect(uniform.elements.allSatisfy { $0 >= -3 && $0 < 5 })
    expectClose(Double(uniform.mean().scalar), 1, absolute: 4 * 8 / 12.0.squareRoot() / 173)
  }

  @Test func splitStreamsDiffer() {
    var parent = RandomGenerator(seed: 10)
    var twin = RandomGenerator(seed: 10)
    var (first, second) = (parent.split(), parent.split())
    var again = twin.split()
    let outputs = (0..<8).map { _ in first.next() }
    #expect(outputs == outputs.map { _ in again.next() })
    #expect(outputs != outputs.map { _ in second.next() })
    #expect(outputs != outputs.map { _ in parent.next() })
  }
}
