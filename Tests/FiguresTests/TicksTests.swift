import InterchangeFigures
import Testing

@Suite struct TicksTests {
  @Test(arguments: [
    (0.0...1.0, 6, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    (0.0...1.0, 5, ["0.0", "0.5", "1.0"]),
    (-0.02...0.93, 5, ["0.0", "0.2", "0.4", "0.6", "0.8"]),
    (-2.7...3.2, 4, ["−2", "0", "2"]),
    (0.0...2_000, 5, ["0", "500", "1000", "1500", "2000"]),
    (0.0...0.0003, 4, ["0", "1×10⁻⁴", "2×10⁻⁴", "3×10⁻⁴"]),
    (0.0...2e12, 5, ["0", "0.5×10¹²", "1.0×10¹²", "1.5×10¹²", "2.0×10¹²"]),
    (1000.1...1000.5, 5, ["1000.1", "1000.2", "1000.3", "1000.4", "1000.5"]),
  ])
  func `Ticks are round numbers`(range: ClosedRange<Double>, limit: Int, labels: [String]) {
    #expect(Ticks(in: range, limit: limit).labels == labels)
  }

  @Test func `Ticks stay inside and below the limit`() {
    for span in [1e-9, 0.37, 1, 8.3, 99, 12_345, 1e15] {
      for start in [-span, -0.3 * span, 0, 0.01 * span, 7 * span] {
        for limit in 2...10 {
          let values = Ticks(in: start...start + span, limit: limit).values
          #expect(values.count <= limit)
          // A tick may pass an end by rounding only.
          #expect(values.allSatisfy { $0 > start - span * 1e-6 && $0 < start + span * 1.000001 })
          #expect(zip(values, values.dropFirst()).allSatisfy { $0 < $1 })
        }
      }
    }
  }

  @Test func `Whole numbers have whole ticks`() {
    #expect(Ticks(in: 0...3, limit: 9, wholeNumbers: true).labels == ["0", "1", "2", "3"])
  }

  @Test func `Ranges are rounded outwards`() {
    #expect(Ticks.roundedOutwards(0.03...0.97, limit: 6) == 0...1)
    #expect(Ticks.roundedOutwards(0...1, limit: 6) == 0...1)
    // Half steps would need seven ticks, so whole ones it is.
    #expect(Ticks.roundedOutwards(0.1...3.02, limit: 6) == 0...4)
  }

  @Test(arguments: [
    ([0.971, 0.02], "0.97"), ([0.5, 1], "0.50"), ([5.31, 0.2], "5.3"), ([53.4, 1.2], "53"),
    ([12, 3], "12"), ([-0.004, 0.9], "0.00"), ([-0.25, 0.9], "−0.25"), ([.infinity, 0.5], "∞"),
    ([.nan, 0.5], "NaN"),
  ])
  func `Values share one precision`(values: [Double], first: String) {
    #expect(NumberFormat(values: values).label(values[0]) == first)
  }
}
