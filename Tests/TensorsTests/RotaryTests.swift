import Foundation
import InterchangeTensors
import Testing

@Suite struct RotaryTests {
  private func rotated(
    _ x: Matrix, _ positions: [Int], headWidth: Int, base: Double, factors: [Double]? = nil
  ) -> [Double] {
    var result = x
    let half = headWidth / 2
    for (row, position) in positions.enumerated() {
      for start in stride(from: 0, to: x.width, by: headWidth) {
        for index in 0..<half {
          let frequency =
            1 / pow(base, Double(2 * index) / Double(headWidth)) / (factors?[index] ?? 1)
          let angle = Double(position) * frequency
          let (first, second) = (x[row, start + index], x[row, start + index + half])
          result[row, start + index] = first * cos(angle) - second * sin(angle)
          result[row, start + index + half] = second * cos(angle) + first * sin(angle)
        }
      }
    }
    return result.elements
  }

  /// (rows, heads, head width); the last is above the threshold for threads.
  static let sizes: [[Int]] = [
    [1, 1, 2], [3, 2, 6], [5, 3, 16], [2, 1, 34], [7, 9, 64], [67, 9, 64],
  ]

  @Test(arguments: sizes) func rotation(size: [Int]) {
    let (rows, heads, headWidth) = (size[0], size[1], size[2])
    var samples = Samples(seed: 61)
    let x = samples.normal([rows, heads * headWidth])
    let positions = samples.indices(rows, below: 64)
    let rotary = RotaryEmbedding(headWidth: headWidth, base: 10_000)
    // Angles below 64 are float32, good to 4e-6.
    checkOperation(
      [x], absolute: 2e-5, "rotary",
      operation: { $0[0].rotated(by: rotary.angles(at: positions)) },
      reference: { rotated($0[0], positions, headWidth: headWidth, base: 10_000) })
  }

  @Test func frequencyFactorsDivide() {
    var samples = Samples(seed: 62)
    let (x, positions) = (samples.normal([4, 16]), [0, 3, 17, 40])
    let factors = [1.0, 2, 4, 8]
    let rotary = RotaryEmbedding(headWidth: 8, base: 500_000, frequencyFactors: factors)
    expectClose(
      x.rotated(by: rotary.angles(at: positions)),
      rotated(Matrix(x), positions, headWidth: 8, base: 500_000, factors: factors), absolute: 1e-5)
  }

  @Test func positionZeroIsTheIdentity() {
    var samples = Samples(seed: 63)
    let x = samples.normal([2, 24])
    let rotary = RotaryEmbedding(headWidth: 8, base: 10_000)
    #expect(x.rotated(by: rotary.angles(at: [0, 0])).elements == x.elements)
  }

  @Test func productsDependOnDistancesOnly() {
    var samples = Samples(seed: 64)
    let (query, key) = (samples.normal([1, 32]), samples.normal([1, 32]))
    let rotary = RotaryEmbedding(headWidth: 32, base: 10_000)
    func product(_ queryPosition: Int, _ keyPosition: Int) -> Double {
      Tensor.dot(
        query.rotated(by: rotary.angles(at: [queryPosition])),
        key.rotated(by: rotary.angles(at: [keyPosition])))
    }
    expectClose(product(5, 2), product(105, 102), absolute: 2e-4)
    expectClose(product(0, 0), Tensor.dot(query, key), absolute: 1e-5)
  }

  @Test func anglesOfSomeRows() {
    var samples = Samples(seed: 65)
    let x = samples.normal([3, 8])
    let rotary = RotaryEmbedding(headWidth: 8, base: 10_000)
    let chosen = rotary.angles(at: [4, 9, 2, 7]).rows([3, 0, 3])
    #expect(
      x.rotated(by: chosen).elements == x.rotated(by: rotary.angles(at: [7, 4, 7])).elements)
  }
}
