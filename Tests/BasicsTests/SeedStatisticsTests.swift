import InterchangeBasics
import Testing

/// Means and sample deviations over seeds.
@Suite struct SeedStatisticsTests {
  @Test func sampleDeviation() {
    let statistics = SeedStatistics([1, 2, 4, 9])
    #expect(statistics.mean == 4 && statistics.values == [1, 2, 4, 9])
    // (9 + 4 + 0 + 25) / 3
    #expect(abs(statistics.deviation - (38.0 / 3).squareRoot()) < 1e-12)
    #expect(SeedStatistics([1, 3]).deviation == 2.0.squareRoot())
    #expect(SeedStatistics([7]).deviation == 0 && SeedStatistics([7]).mean == 7)
  }
}
