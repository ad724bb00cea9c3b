import InterchangeModels
import InterchangeTensors
import Testing

@Suite struct KeyValueCacheTests {
  private let tiny: TinyModel
  private let ids: [Int]

  init() throws {
    tiny = try TinyModel("llama-gqa")
    ids = tiny.document.prompts[3]
  }

  private func cache() -> KeyValueCache { KeyValueCache(layers: tiny.layers) }

  /// Reads the ids up to `end` and returns the logits of the measured positions.
  private func read(
    _ end: Int, _ cache: KeyValueCache, measuring positions: [Int]?
  ) throws -> Tensor? {
    var request = Request([.tokens(Array(ids[..<end]))], logits: positions.map { [$0] })
    request.caches = [cache]
    return try tiny.model.run(request).logits
  }

  @Test(arguments: [[9], [1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 5, 9], [8, 9]])
  func piecesEqualTheWhole(ends: [Int]) throws {
    let cache = cache()
    var start = 0
    for end in ends {
      let logits = try read(end, cache, measuring: Array(start..<end))
      #expect(cache.count == end)
      expectClose(
        logits, try tiny.tensor("p3.logits").rowSlice(start..<end), "\(start) to \(end)")
      start = end
    }
  }

  /// A cache gets all that is read, whatever is requested.
  @Test(arguments: [nil, [], [0], [2]] as [[Int]?])
  func whatIsMeasuredDoesNotMatter(first: [Int]?) throws {
    let cache = cache()
    _ = try read(5, cache, measuring: first)
    #expect(cache.count == 5)
    expectClose(
      try read(9, cache, measuring: [8]), try tiny.tensor("p3.logits").rowSlice(8..<9), "last")
  }

  @Test func copiesGrowApart() throws {
    let original = cache()
    _ = try read(4, original, measuring: nil)
    // Grown once, so that the buffer has room which a shared copy would write to.
    _ = try read(5, original, measuring: nil)
    let copy = original.copy()
    #expect(copy.count == 5)
    var other = Request([.tokens(Array(ids[..<5]) + [60, 59])], logits: [[5, 6]])
    other.caches = [copy]
    let branch = try tiny.model.run(other).logits
    #expect((original.count, copy.count) == (5, 7))
    expectClose(
      try read(7, original, measuring: [6]), try tiny.tensor("p3.logits").rowSlice(6..<7),
      "original")
    other.caches = nil
    expectClose(branch, try #require(try tiny.model.run(other).logits), "branch")
    // And the copy still continues from its own.
    var next = Request([.tokens(Array(ids[..<5]) + [60, 59, 1])], logits: [[7]])
    next.caches = [copy]
    let last = try tiny.model.run(next).logits
    next.caches = nil
    expectClose(last, try #require(try tiny.model.run(next).logits), "branch, continued")
  }

  @Test func sequencesWithDifferentKnownLengths() throws {
    let caches = [cache(), cache(), cache()]
    _ = try read(3, caches[0], measuring: nil)
    _ = try read(8, caches[1], measuring: nil)
    let ends = [9, 9, 4]
    var request = Request(ends.map { .tokens(Array(ids[..<$0])) }, logits: ends.map { [$0 - 1] })
    request.caches = caches
    let expected = try tiny.tensor("p3.logits").gatherRows([8, 8, 3])
    expectClose(try tiny.model.run(request).logits, expected, "batch")
    #expect(caches.map(\.count) == [9, 9, 4])
  }

  @Test func knownPositionsCanNoLongerBeEdited() throws {
    let cache = cache()
    _ = try read(5, cache, measuring: nil)
    var request = Request(
      [.tokens(ids)], edits: [Edit(Cells(.blockOutput, layer: 0, positions: [[4]])) { $0 }],
      logits: [[8]])
    request.caches = [cache]
    #expect(throws: ModelError.positionOutOfRange(position: 4, length: 9)) {
      try tiny.model.run(request)
    }
    #expect(cache.count == 5)
  }
}
