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

  /// The pair's two places in a head of which the first `turned` numbers are turned.
  private func places(_ pair: Int, turned: Int, isAdjacent: Bool) -> (Int, Int) {
    isAdjacent ? (2 * pair, 2 * pair + 1) : (pair, pair + turned / 2)
  }

  /// (rows, heads, head width, turned)
  static let parts: [[Int]] = [
    [1, 1, 4, 2], [3, 2, 6, 4], [5, 3, 16, 16], [2, 2, 10, 6], [67, 5, 64, 32],
  ]

  @Test(arguments: parts, [true, false])
  func partsAndAdjacentPairs(part: [Int], isAdjacent: Bool) {
    let (rows, heads, headWidth, turned) = (part[0], part[1], part[2], part[3])
    var samples = Samples(seed: 66)
    let x = samples.normal([rows, heads * headWidth])
    let positions = samples.indices(rows, below: 64)
    // The magnitude is that of the turned part alone.
    let (base, magnitude) = (1000.0, 1.25)
    let rotary = RotaryEmbedding(
      headWidth: headWidth, turned: turned,
      frequencies: (0..<turned / 2).map { 1 / pow(base, Double(2 * $0) / Double(turned)) },
      pairing: isAdjacent ? .adjacent : .halves, magnitude: Float(magnitude))
    // Angles below 64 are float32, good to 4e-6.
    checkOperation(
      [x], absolute: 2e-5, "\(turned) of \(headWidth), adjacent \(isAdjacent)",
      operation: { $0[0].rotated(by: rotary.angles(at: positions)) },
      reference: { operands in
        var result = operands[0]
        for (row, position) in positions.enumerated() {
          for start in stride(from: 0, to: result.width, by: headWidth) {
            for pair in 0..<turned / 2 {
              let angle = Double(position) / pow(base, Double(2 * pair) / Double(turned))
              let (one, two) = places(pair, turned: turned, isAdjacent: isAdjacent)
              let (first, second) = (
                operands[0][row, start + one], operands[0][row, start + two]
              )
              result[row, start + one] = magnitude * (first * cos(angle) - second * sin(angle))
              result[row, start + two] = magnitude * (second * cos(angle) + first * sin(angle))
            }
          }
        }
        return result.elements
      })
  }

  /// Rows of sequences longer than a length have other frequencies, each by its own length.
  @Test func frequenciesOfLongerSequences() {
    var samples = Samples(seed: 67)
    let x = samples.normal([4, 4])
    let longer = RotaryEmbedding.Longer(than: 8) { [1 / Double($0), 0.5] }
    let rotary = RotaryEmbedding(
      headWidth: 4, turned: 4, frequencies: [0.25, 0.125], longer: longer)
    let found = x.rotated(by: rotary.angles(at: [3, 3, 3, 3], lengths: [8, 9, 20, 5]))
    for (row, frequencies) in [[0.25, 0.125], [1.0 / 9, 0.5], [0.05, 0.5], [0.25, 0.125]]
      .enumerated()
    {
      let own = RotaryEmbedding(headWidth: 4, turned: 4, frequencies: frequencies)
      let part = row..<row + 1
      #expect(
        found.rowSlice(part).elements
          == x.rowSlice(part).rotated(by: own.angles(at: [3])).elements)
    }
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
