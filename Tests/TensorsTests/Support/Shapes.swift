import InterchangeBasics
import InterchangeTensors

/// Matrix shapes that reach every path of a kernel: one element, odd and prime widths, whole SIMD
/// registers (16 floats) and their tails, and more than the 32,768 elements from which work is
/// split.
enum Shapes {
  static let small: [[Int]] = [
    [1, 1], [1, 7], [5, 1], [3, 5], [2, 16], [5, 17], [7, 64], [13, 31],
  ]
  static let large: [[Int]] = [[257, 131], [3, 13_001], [40_009, 1], [1, 40_009]]
  static let all = small + large
  /// [rows, inner, columns] of matrix products; the last ones are split by columns and by rows.
  static let products: [[Int]] = [
    [1, 1, 1], [1, 7, 5], [5, 1, 3], [2, 16, 16], [3, 17, 31], [33, 5, 8], [1, 64, 257],
    [13, 129, 7], [31, 97, 211], [211, 97, 31],
  ]
}

/// Tensors of random numbers whose place in a test's sequence decides what they hold.
struct Samples {
  var generator: RandomGenerator

  init(seed: UInt64) { generator = RandomGenerator(seed: seed) }

  mutating func normal(_ shape: [Int], deviation: Double = 1) -> Tensor {
    .normal(shape, deviation: deviation, using: &generator)
  }

  /// Numbers of either sign that keep away from 0, for functions with a kink there.
  mutating func awayFromZero(_ shape: [Int]) -> Tensor {
    let values = Tensor.uniform(shape, in: 0.1..<3, using: &generator).elements
    return Tensor(values.map { generator.next() & 1 == 0 ? $0 : -$0 }, shape: shape)
  }

  mutating func index(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }

  mutating func indices(_ count: Int, below bound: Int) -> [Int] {
    (0..<count).map { _ in index(below: bound) }
  }

  mutating func distinctIndices(_ count: Int, below bound: Int) -> [Int] {
    Array((0..<bound).shuffled(using: &generator).prefix(count))
  }
}
