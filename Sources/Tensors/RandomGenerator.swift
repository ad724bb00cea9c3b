import Foundation

/// The one generator of random numbers: xoshiro256** seeded by SplitMix64. Same seed, same numbers.
public struct RandomGenerator: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// A generator whose numbers follow from the seed alone.
  public init(seed: UInt64) {
    var counter = seed
    func mix() -> UInt64 {
      counter &+= 0x9E37_79B9_7F4A_7C15
      var word = counter
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      return word ^ (word >> 31)
    }
    state = (mix(), mix(), mix(), mix())
  }

  public mutating func next() -> UInt64 {
    func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 {
      (word << count) | (word >> (64 - count))
    }
    let result = rotated(state.1 &* 5, 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotated(state.3, 45)
    return result
  }

  /// A number drawn uniformly from [0, 1).
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number drawn from the normal distribution with mean 0 and deviation 1 (Box–Muller).
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// A generator with a stream of its own, so that parts of a run don't disturb one another.
  public mutating func split() -> RandomGenerator { RandomGenerator(seed: next()) }
}

extension Tensor {
  /// Independent normal numbers with mean 0.
  public static func normal(
    _ shape: [Int], deviation: Double = 1, using generator: inout RandomGenerator
  ) -> Tensor {
    Tensor((0..<shape.product).map { _ in Float(deviation * generator.normal()) }, shape: shape)
  }

  /// Independent numbers drawn uniformly from a range.
  public static func uniform(
    _ shape: [Int], in range: Range<Double>, using generator: inout RandomGenerator
  ) -> Tensor {
    let width = range.upperBound - range.lowerBound
    return Tensor(
      (0..<shape.product).map { _ in Float(range.lowerBound + width * generator.uniform()) },
      shape: shape)
  }
}
