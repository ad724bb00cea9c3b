import InterchangeTensors
import Testing

/// One sequence of a packed attention: (known positions, new positions, positions that ask).
struct Extent: CustomTestStringConvertible, Sendable {
  var known = 0
  var new: Int
  /// Positions of the query rows; nil for all new ones.
  var asking: [Int]?
  /// Rows of the stored tensors beyond the known count.
  var spare = 0

  var queryPositions: [Int] { asking ?? Array(known..<known + new) }
  var testDescription: String { "\(known)+\(new) asked at \(queryPositions)" }
}

/// Packed operands and segments of some sequences.
struct PackedSequences {
  let query: Tensor
  let key: Tensor
  let value: Tensor
  let segments: [AttentionSegment]

  init(_ sequences: [Extent], heads: Int, keyHeads: Int, headWidth: Int, seed: UInt64) {
    var samples = Samples(seed: seed)
    var segments: [AttentionSegment] = []
    var (queryRows, keyRows) = (0, 0)
    for sequence in sequences {
      let positions = sequence.queryPositions
      var stored: (keys: Tensor, values: Tensor)?
      if sequence.known > 0 {
        let shape = [sequence.known + sequence.spare, keyHeads * headWidth]
        stored = (samples.normal(shape), samples.normal(shape))
      }
      segments.append(
        AttentionSegment(
          queries: queryRows..<queryRows + positions.count, queryPositions: positions,
          keys: keyRows..<keyRows + sequence.new, knownCount: sequence.known, known: stored))
      queryRows += positions.count
      keyRows += sequence.new
    }
    self.segments = segments
    query = samples.normal([queryRows, heads * headWidth])
    key = samples.normal([keyRows, keyHeads * headWidth])
    value = samples.normal([keyRows, keyHeads * headWidth])
  }
}

@Suite struct AttentionTests {
  static let batches: [[Extent]] = [
    [Extent(new: 1)],
    [Extent(new: 5)],
    [Extent(new: 17), Extent(new: 1), Extent(new: 4)],
    [Extent(known: 3, new: 4)],
    [Extent(known: 6, new: 1, spare: 5)],
    [Extent(new: 7, asking: [6])],
    [Extent(known: 4, new: 5, asking: [4, 7]), Extent(new: 3), Extent(known: 1, new: 2)],
    [Extent(known: 5, new: 3, asking: [7, 5, 6], spare: 2), Extent(known: 2, new: 6)],
    // Queries whose keys are all stored.
    [Extent(known: 5, new: 0, asking: [4, 2]), Extent(new: 3)],
    [Extent(new: 40), Extent(known: 33, new: 19)],
  ]
  /// (heads, key heads, head width)
  static let layouts: [[Int]] = [[1, 1, 4], [3, 3, 5], [4, 2, 8], [6, 1, 3], [9, 3, 16]]

  @Test(arguments: batches, layouts)
  func matchesPlainLoops(batch: [Extent], layout: [Int]) {
    let (heads, keyHeads, headWidth) = (layout[0], layout[1], layout[2])
    let packed = PackedSequences(
      batch, heads: heads, keyHeads: keyHeads, headWidth: headWidth, seed: 71)
    // Scores, weights and mixtures of up to 16, 52 and 52 terms of order 1: roundings of either
    // sign.
    for causal in [true, false] {
      checkOperation(
        [packed.query, packed.key, packed.value], absolute: 4e-6, gradientAbsolute: 1e-5,
        causal ? "causal attention" : "attention",
        operation: {
          Tensor.attention(
            query: $0[0], key: $0[1], value: $0[2], segments: packed.segments,
            headWidth: headWidth, causal: causal)
        },
        reference: {
          referenceAttention(
            query: $0[0], key: $0[1], value: $0[2], segments: packed.segments,
            headWidth: headWidth, causal: causal)
        })
    }
  }

  private func whole(_ packed: PackedSequences, headWidth: Int) -> Tensor {
    Tensor.attention(
      query: packed.query, key: packed.key, value: packed.value, segments: packed.segments,
      headWidth: headWidth, causal: true)
  }

  @Test(arguments: [1, 2, 7, 12]) func knownAndNewEqualTheWholeSequence(known: Int) {
    let length = 13
    let packed = PackedSequences(
      [Extent(new: length)], heads: 6, keyHeads: 2, headWidth: 16, seed: 72)
    let expected = whole(packed, headWidth: 16).rowSlice(known..<length)
    // The stored tensors hold more rows than are known, as those of a whole base run do.
    let segment = AttentionSegment(
      queries: 0..<length - known, queryPositions: Array(known..<length), keys: 0..<length - known,
      knownCount: known, known: (packed.key, packed.value))
    let found = Tensor.attention(
      query: packed.query.rowSlice(known..<length), key: packed.key.rowSlice(known..<length),
      value: packed.value.rowSlice(known..<length), segments: [segment], headWidth: 16, causal: true
    )
    expectClose(found, expected, absolute: 1e-6)
  }

  @Test func decodingOneByOneEqualsTheWholeSequence() {
    let packed = PackedSequences([Extent(new: 9)], heads: 4, keyHeads: 2, headWidth: 8, seed: 73)
    let expected = whole(packed, headWidth: 8)
    for position in 0..<9 {
      let known = position == 0 ? nil : (keys: packed.key, values: packed.value)
      let segment = AttentionSegment(
        queries: 0..<1, queryPositions: [position], keys: 0..<1, knownCount: position, known: known)
      let row = position..<position + 1
      let found = Tensor.attention(
        query: packed.query.rowSlice(row), key: packed.key.rowSlice(row),
        value: packed.value.rowSlice(row), segments: [segment], headWidth: 8, causal: true)
      expectClose(found, expected.rowSlice(row), absolute: 1e-6)
    }
  }

  @Test func aSequenceDoesNotSeeTheOthers() {
    let sequences = [Extent(new: 6), Extent(new: 11), Extent(new: 2)]
    let packed = PackedSequences(sequences, heads: 4, keyHeads: 4, headWidth: 8, seed: 74)
    let together = whole(packed, headWidth: 8)
    for segment in packed.segments {
      let rows = segment.queries
      let alone = Tensor.attention(
        query: packed.query.rowSlice(rows), key: packed.key.rowSlice(rows),
        value: packed.value.rowSlice(rows),
        segments: [
          AttentionSegment(
            queries: 0..<rows.count, queryPositions: Array(0..<rows.count), keys: 0..<rows.count)
        ], headWidth: 8, causal: true)
      #expect(alone.elements == together.rowSlice(rows).elements)
    }
  }

  @Test func hugeScoresStayFinite() {
    let packed = PackedSequences([Extent(new: 6)], heads: 2, keyHeads: 2, headWidth: 4, seed: 75)
    let query = (1e4 * packed.query).requiringGradient()
    let result = Tensor.attention(
      query: query, key: packed.key, value: packed.value, segments: packed.segments, headWidth: 4,
      causal: true)
    let expected = referenceAttention(
      query: Matrix(query), key: Matrix(packed.key), value: Matrix(packed.value),
      segments: packed.segments, headWidth: 4, causal: true)
    // Scores of 1e4 carry a float32 rounding of 1e-3, and so do the weights.
    expectClose(result, expected, absolute: 5e-3)
    #expect(result.sum().gradients(of: [query])[0].elements.allSatisfy { $0.isFinite })
  }

  @Test func rowsOutsideEverySegmentAreZero() {
    // Row 2 belongs to no sequence: it must hold and pass back nothing, whatever memory held
    // before.
    _ = Tensor(repeating: .nan, shape: [3, 4])
    let (query, key) = (Tensor(repeating: 1, shape: [3, 4]), Tensor(repeating: 1, shape: [2, 4]))
    let leaf = query.requiringGradient()
    let result = Tensor.attention(
      query: leaf, key: key, value: key,
      segments: [AttentionSegment(queries: 0..<2, queryPositions: [0, 1], keys: 0..<2)],
      headWidth: 4, causal: true)
    #expect(result.rowSlice(2..<3).elements == [0, 0, 0, 0])
    let gradient = result.sum().gradients(of: [leaf])[0]
    #expect(gradient.rowSlice(2..<3).elements == [0, 0, 0, 0])
  }

  @Test func storedTensorsOfAnotherShapeAreAProgrammersError() async {
    await #expect(processExitsWith: .failure) {
      // Fewer stored rows than known positions.
      let (row, stored) = (Tensor.zeros([1, 4]), Tensor.zeros([2, 4]))
      let segment = AttentionSegment(
        queries: 0..<1, queryPositions: [3], keys: 0..<1, knownCount: 3, known: (stored, stored))
      _ = Tensor.attention(
        query: row, key: row, value: row, segments: [segment], headWidth: 4, causal: true)
    }
    await #expect(processExitsWith: .failure) {
      // Stored heads of another width.
      let (row, stored) = (Tensor.zeros([1, 8]), Tensor.zeros([3, 4]))
      let segment = AttentionSegment(
        queries: 0..<1, queryPositions: [3], keys: 0..<1, knownCount: 3, known: (stored, stored))
      _ = Tensor.attention(
        query: row, key: row, value: row, segments: [segment], headWidth: 4, causal: true)
    }
  }
}
