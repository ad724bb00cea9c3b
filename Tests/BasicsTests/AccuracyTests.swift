import Foundation
import InterchangeBasics
import Testing

@Suite struct AccuracyTests {
  /// Values of scipy 1.17, `binomtest(correct, n).proportion_ci(method="wilson")`; to four digits
  /// they are those of Newcombe (1998).
  @Test(arguments: [
    (81, 263, 0.25528851987827, 0.36620957698280), (15, 148, 0.06238639953074, 0.16048724172330),
    (0, 20, 0, 0.16112515805282), (1, 29, 0.00611321429276, 0.17175521879320),
    (20, 20, 0.83887484194718, 1), (1, 2, 0.09453120573423, 0.90546879426577),
  ])
  func wilsonAgainstPublishedValues(correct: Int, n: Int, low: Double, high: Double) {
    let interval = Accuracy.wilson(correct: correct, n: n)
    // Double precision: the values have fourteen digits.
    #expect(abs(interval.lowerBound - low) < 1e-12)
    #expect(abs(interval.upperBound - high) < 1e-12)
  }

  @Test func otherConfidence() {
    // By hand for p = 1/2, n = 4, z = 2: center 1/2, half √2 · 2/8 … = z/(1 + z²/n)·√(1/16 + 1/16).
    let interval = Accuracy.wilson(correct: 2, n: 4, z: 2)
    #expect(abs(interval.upperBound - (0.5 + (0.125).squareRoot())) < 1e-12)
  }

  @Test func valueLiesInItsInterval() {
    for n in [1, 2, 7, 100] {
      for correct in 0...n {
        let accuracy = Accuracy(correct: correct, n: n)
        #expect(accuracy.value == Double(correct) / Double(n))
        // The clamped ends may miss 0 and 1 by rounding.
        #expect(accuracy.interval[0] - 1e-12 <= accuracy.value)
        #expect(accuracy.value <= accuracy.interval[1] + 1e-12)
        #expect(accuracy.interval[0] >= 0 && accuracy.interval[1] <= 1)
      }
    }
  }

  @Test func summaryShowsIntervalAndSize() {
    #expect(Accuracy(correct: 90, n: 96).summary == "0.94 [0.87, 0.97] n=96")
  }

  @Test func codingKeepsEverything() throws {
    let accuracy = Accuracy(correct: 3, n: 7, logitDifference: -1.25)
    let data = try JSONEncoder().encode(accuracy)
    #expect(try JSONDecoder().decode(Accuracy.self, from: data) == accuracy)
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(Set(object.keys) == ["correct", "n", "value", "interval", "logitDifference"])
  }

  @Test(arguments: [(1, 0), (-1, 4), (5, 4)])
  func impossibleCountsAreRefused(correct: Int, n: Int) {
    let json = #"{"correct": \#(correct), "n": \#(n), "value": 0.5, "interval": [0, 1]}"#
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Accuracy.self, from: Data(json.utf8))
    }
  }
}
