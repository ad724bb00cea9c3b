import InterchangeAlignment
import InterchangeBasics
import Testing

/// The choice of a rank where the accuracy of each is known.
@Suite struct DimensionSearchTests {
  private func candidate(_ rank: Int, _ correct: Int, n: Int = 100, train: Int? = nil)
    -> DimensionEstimate.Candidate
  {
    DimensionEstimate.Candidate(
      rank: rank, heldOut: Accuracy(correct: correct, n: n),
      train: Accuracy(correct: train ?? correct, n: n))
  }

  /// The ranks that are tried, in their order, and the estimate.
  private func search(
    limit: Int = 64, _ correct: @escaping (Int) -> Int
  ) throws -> (tried: [Int], estimate: DimensionEstimate) {
    var tried: [Int] = []
    func measure(_ rank: Int) -> DimensionEstimate.Candidate {
      tried.append(rank)
      return candidate(rank, correct(rank))
    }
    let candidates = try DimensionSearch(limit: limit, measure: measure)()
    let estimate = DimensionEstimate(
      candidates, floor: Accuracy(correct: 0, n: 100), folds: 1, isCut: limit < 64)
    return (tried, estimate)
  }

  @Test(arguments: [1, 2, 3, 5, 8, 13, 40])
  func findsTheRankThatSuffices(rank: Int) throws {
    let (tried, estimate) = try search { $0 >= rank ? 100 : 60 * $0 / rank }
    #expect(estimate.dimension == rank && estimate.doubt == nil)
    #expect(Set(tried).count == tried.count && tried.count <= 12)
    #expect(estimate.candidates.map(\.rank) == tried.sorted())
  }

  /// Wilson's interval of 97 of 100 is [0.915, 0.990]: 92 are within it, 91 aren't.
  @Test func withinTheIntervalOfTheBest() {
    func estimate(_ first: Int) -> DimensionEstimate {
      DimensionEstimate(
        [candidate(4, 97), candidate(1, first), candidate(2, 96)],
        floor: Accuracy(correct: 0, n: 100), folds: 1, isCut: false)
    }
    #expect(estimate(92).dimension == 1 && estimate(92).interval == [1, 4])
    // Its interval [0.838, 0.952] still meets the best one's.
    #expect(estimate(91).dimension == 2 && estimate(91).interval == [1, 4])
    #expect(estimate(70).interval == [2, 4])
  }

  /// All right is the end; so are two ranks in a row that don't help.
  @Test func stopsWhenMoreDoesNotHelp() throws {
    #expect(try search { _ in 100 }.tried == [1])
    #expect(try search { $0 == 1 ? 95 : 94 }.tried == [1, 2, 4])
    // Nothing right so far is no reason to stop.
    #expect(try search(limit: 16) { _ in 0 }.tried == [1, 2, 4, 8, 16])
  }

  @Test func theLimitIsTriedToo() throws {
    let (tried, estimate) = try search(limit: 11) { 9 * $0 }
    #expect(tried.prefix(5) == [1, 2, 4, 8, 11])
    #expect(
      estimate.doubt == "accuracy still rises at rank 11, and more dimensions need more pairs")
  }

  @Test func doubts() {
    func doubt(_ candidates: [DimensionEstimate.Candidate], floor: Int = 0) -> String? {
      DimensionEstimate(
        candidates, floor: Accuracy(correct: floor, n: 100), folds: 1, isCut: false
      ).doubt
    }
    #expect(doubt([candidate(1, 97)]) == nil)
    #expect(
      doubt([candidate(1, 55), candidate(2, 52)], floor: 50)
        == "no rank is better on held-out training pairs than no swap at all")
    #expect(doubt([candidate(1, 60, train: 99)])?.hasPrefix("rank 1 overfits") == true)
  }

  /// No pair is fitted on and held out at once; in folds each is held out once.
  @Test(
    arguments: [
      (8, nil, [2, 2, 2, 2]), (45, nil, [11, 11, 11, 12]), (200, nil, [100, 100]),
      (600, nil, [200]), (9000, nil, [512]), (45, 1, [15]), (10, 5, [2, 2, 2, 2, 2]),
    ] as [(Int, Int?, [Int])])
  func partsOfPairs(count: Int, folds: Int?, held: [Int]) throws {
    var selection = RankSelection()
    selection.folds = folds
    let parts = try selection.parts(of: Array(0..<count))
    #expect(parts.map(\.held.count) == held)
    for part in parts {
      #expect(Set(part.fitted).union(part.held) == Set(0..<count))
      #expect(part.fitted.count + part.held.count == count)
    }
    if held.count > 1 { #expect(parts.flatMap(\.held) == Array(0..<count)) }
  }

  @Test func tooFewPairsToChooseOn() {
    #expect(throws: AlignmentError.self) { try RankSelection().parts(of: Array(0..<7)) }
  }
}
