import InterchangeTensors
import Testing

/// A window and a bound of the scores of an attention.
struct RuleCase: CustomTestStringConvertible, Sendable {
  var before: Int?
  var after: Int?
  var softCap: Float?
  var scale: Float?

  var testDescription: String {
    "\(before.map(String.init) ?? "all") before, \(after.map(String.init) ?? "all") after, "
      + "cap \(softCap ?? 0), scale \(scale ?? 0)"
  }

  /// The rule for heads of some width.
  func rule(headWidth: Int) -> AttentionRule {
    var rule = AttentionRule(headWidth: headWidth, causal: false)
    (rule.before, rule.after, rule.softCap) = (before, after, softCap)
    if let scale { rule.scale = scale }
    return rule
  }

  /// The same for plain loops.
  func reference(headWidth: Int) -> ReferenceRule {
    ReferenceRule(
      scale: scale.map(Double.init) ?? 1 / Double(headWidth).squareRoot(),
      softCap: softCap.map(Double.init), before: before, after: after)
  }
}

/// Windows on either side, bounded scores, scales and additions, with known keys and without.
@Suite struct AttentionRuleTests {
  static let rules = [
    RuleCase(before: 0, after: 0), RuleCase(before: 1, after: 0), RuleCase(before: 4, after: 0),
    RuleCase(before: 2, after: 2), RuleCase(before: 0, after: 3), RuleCase(before: 3, after: 1),
    RuleCase(before: 5), RuleCase(after: 2), RuleCase(after: 0, softCap: 1.5),
    RuleCase(softCap: 0.5), RuleCase(after: 0, softCap: 30, scale: 0.25),
    RuleCase(before: 2, after: 2, softCap: 2, scale: 1), RuleCase(after: 0, scale: 0.1),
  ]

  static let batches: [[Extent]] = [
    [Extent(new: 1)],
    [Extent(new: 9), Extent(new: 2)],
    [Extent(known: 6, new: 1, spare: 3), Extent(known: 3, new: 5)],
    [Extent(known: 4, new: 5, asking: [8, 4, 6]), Extent(new: 3, asking: [2])],
    [Extent(known: 5, new: 0, asking: [4, 2]), Extent(new: 12)],
  ]

  @Test(arguments: rules, batches)
  func matchesPlainLoops(rule: RuleCase, batch: [Extent]) {
    let (heads, keyHeads, headWidth) = (4, 2, 5)
    let packed = PackedSequences(
      batch, heads: heads, keyHeads: keyHeads, headWidth: headWidth, seed: 81)
    // As without a rule: scores, weights and mixtures of few terms of order 1.
    checkOperation(
      [packed.query, packed.key, packed.value], absolute: 4e-6, gradientAbsolute: 1e-5,
      "attention, \(rule.testDescription)",
      operation: {
        Tensor.attention(
          query: $0[0], key: $0[1], value: $0[2], segments: packed.segments,
          rule: rule.rule(headWidth: headWidth))
      },
      reference: {
        referenceAttention(
          query: $0[0], key: $0[1], value: $0[2], segments: packed.segments,
          headWidth: headWidth, rule: rule.reference(headWidth: headWidth))
      })
  }

  /// Additions by a key's position and by its distance, after the bound.
  @Test(arguments: rules, [true, false])
  func additions(rule: RuleCase, isByDistance: Bool) {
    let (heads, headWidth, longest) = (3, 4, 9)
    let batch = [Extent(new: 7), Extent(known: 3, new: 6, asking: [8, 3, 4])]
    let packed = PackedSequences(
      batch, heads: heads, keyHeads: heads, headWidth: headWidth, seed: 82)
    var samples = Samples(seed: 83)
    let places = isByDistance ? 2 * longest - 1 : longest
    let table = samples.normal([heads, places])
    checkOperation(
      [packed.query, packed.key, packed.value, table], absolute: 4e-6, gradientAbsolute: 1e-5,
      "additions, \(rule.testDescription)",
      operation: {
        var own = rule.rule(headWidth: headWidth)
        own.bias = PositionBias($0[3], isByDistance ? .query(longest - 1) : .key)
        return Tensor.attention(
          query: $0[0], key: $0[1], value: $0[2], segments: packed.segments, rule: own)
      },
      reference: { operands in
        var own = rule.reference(headWidth: headWidth)
        own.addition = { head, query, key in
          operands[3][head, isByDistance ? longest - 1 + key - query : key]
        }
        return referenceAttention(
          query: operands[0], key: operands[1], value: operands[2], segments: packed.segments,
          headWidth: headWidth, rule: own)
      })
  }

  /// A window narrower than the way back to the stored keys leaves none of them, and one beyond all
  /// keys nothing at all: zeros, and gradients of zero, whatever memory held before.
  @Test func queriesThatSeeNothing() {
    let stored = Tensor(repeating: 1, shape: [4, 4])
    var rule = AttentionRule(headWidth: 4, causal: true)
    rule.before = 2
    let segment = AttentionSegment(
      queries: 0..<1, queryPositions: [9], keys: 0..<0, knownCount: 4, known: (stored, stored))
    _ = Tensor(repeating: .nan, shape: [1, 4])
    let query = Tensor(repeating: 1, shape: [1, 4]).requiringGradient()
    var weights: [Tensor] = []
    let result = Tensor.attention(
      query: query, key: .zeros([0, 4]), value: .zeros([0, 4]), segments: [segment], rule: rule,
      keys: 4, onScores: nil,
      onWeights: {
        weights = [$0]
        return $0
      })
    #expect(result.elements == [0, 0, 0, 0])
    #expect(weights[0].elements == [0, 0, 0, 0])
    #expect(result.sum().gradients(of: [query])[0].elements == [0, 0, 0, 0])
  }

  /// Scores far beyond the bound are the bound, and pass no gradient back.
  @Test func boundedScoresSaturate() {
    let packed = PackedSequences([Extent(new: 5)], heads: 2, keyHeads: 2, headWidth: 4, seed: 84)
    let query = (1e6 * packed.query).requiringGradient()
    var rule = AttentionRule(headWidth: 4, causal: true)
    rule.softCap = 3
    var reference = ReferenceRule(scale: 0.5, softCap: 3)
    reference.after = 0
    let result = Tensor.attention(
      query: query, key: packed.key, value: packed.value, segments: packed.segments, rule: rule)
    expectClose(
      result,
      referenceAttention(
        query: Matrix(query), key: Matrix(packed.key), value: Matrix(packed.value),
        segments: packed.segments, headWidth: 4, rule: reference))
    #expect(result.sum().gradients(of: [query])[0].elements.allSatisfy { $0 == 0 })
  }
}
