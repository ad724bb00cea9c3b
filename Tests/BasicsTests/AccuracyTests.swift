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

  /// The intervals of method 10 in Newcombe (1998), table II, to four digits.
  @Test(
    arguments: [
      (56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090),
      (6, 7, 2, 7, 0.0582, 0.8062), (5, 56, 0, 29, -0.0381, 0.1926),
      (0, 10, 0, 20, -0.1611, 0.2775), (10, 10, 0, 10, 0.6075, 1),
    ])
  func differencesAgainstPublishedValues(
    a: Int, m: Int, b: Int, n: Int, low: Double, high: Double
  ) {
    let interval = Accuracy(correct: a, n: m).difference(from: Accuracy(correct: b, n: n))
    #expect(abs(interval.lowerBound - low) < 6e-5 && abs(interval.upperBound - high) < 6e-5)
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
