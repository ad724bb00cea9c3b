import CInterchangeKernels
import InterchangeBasics

/// One sequence's share of a packed attention: its rows of queries, its rows of keys, and its known
/// positions.
public struct AttentionSegment: Sendable {
  /// The sequence's rows in the query matrix.
  public var queries: Range<Int>
  /// The position of each of those rows, counted from 0.
  public var queryPositions: [Int]
  /// The sequence's rows in the key and value matrices; their positions follow the known ones.
  public var keys: Range<Int>
  /// The number of leading positions that are stored constants.
  public var knownCount: Int
  /// Stored keys and values of the leading positions: [≥ knownCount, keyHeads · headWidth] each.
  public var known: (keys: Tensor, values: Tensor)?

  /// A sequence of `queries` over `keys`, after `knownCount` stored positions.
  public init(
    queries: Range<Int>, queryPositions: [Int], keys: Range<Int>, knownCount: Int = 0,
    known: (keys: Tensor, values: Tensor)? = nil
  ) {
    require(
      queryPositions.count == queries.count, "AttentionSegment: a position for each query")
    require(
      (knownCount == 0) == (known == nil), "AttentionSegment: known keys and their count")
    self.queries = queries
    self.queryPositions = queryPositions
    self.keys = keys
    self.knownCount = knownCount
    self.known = known
  }

  /// All positions that can be attended to.
  var length: Int { knownCount + keys.count }
}

/// The rule of an attention: how scores follow from queries and keys, and what a position sees.
public struct AttentionRule: Sendable {
  /// The width of a head.
  public var headWidth: Int
  /// The factor of the products of queries and keys: 1 / √headWidth unless another is said.
  public var scale: Float
  /// The bound of the scores, cap · tanh(score / cap), before anything is masked; nil without one.
  public var softCap: Float?
  /// The number of positions that are seen before a position's own; nil for all.
  public var before: Int?
  /// The number of positions that are seen after a position's own; nil for all.
  public var after: Int?
  /// An addition to the scores.
  public var bias: PositionBias?

  /// A rule for heads of some width: 1 / √headWidth, everything seen, or nothing later than itself.
  public init(headWidth: Int, causal: Bool) {
    self.headWidth = headWidth
    scale = 1 / Float(headWidth).squareRoot()
    after = causal ? 0 : nil
  }

  /// The places that a position sees in a sequence of some length.
  func seen(from position: Int, length: Int) -> Range<Int> {
    let high = after.map { min(position + $0 + 1, length) } ?? length
    let low = before.map { max(0, position - $0) } ?? 0
    return min(low, high)..<high
  }
}

/// An addition to attention scores by head and the place of the key, or by head and pair.
public struct PositionBias: Sendable {
  /// The place from which a key's is counted.
  public enum Origin: Sendable, Equatable {
    /// The beginning of the sequence: a key's column is its position.
    case key
    /// The query's own position, which has this column.
    case query(Int)
    /// Every pair of a query and a key has an addition of its own.
    case pair
  }

  /// The additions: [heads, places]; of pairs one sequence's [heads, queries, keys] after
  /// another's, [numbers].
  public var values: Tensor
  /// The place from which a key's is counted.
  public var origin: Origin

  /// Additions for places from an origin on.
  public init(_ values: Tensor, _ origin: Origin) { (self.values, self.origin) = (values, origin) }

  /// The column of the first position for a query.
  func first(from position: Int) -> Int {
    switch origin {
    case .key, .pair: 0
    case .query(let column): column - position
    }
  }

  /// Tells whether all places in a sequence of some length have a column.
  func covers(_ length: Int) -> Bool {
    switch origin {
    case .key: values.width >= length
    case .query(let column): column >= length - 1 && values.width - column >= length
    case .pair: true
    }
  }
}

extension Tensor {
  /// Softmax attention over packed rows, softmax(Q Kᵀ / √headWidth) V, for each sequence on its
  /// own.
  ///
  /// - Parameters:
  ///   - query: [query rows, heads · headWidth]
  ///   - key: [key rows, keyHeads · headWidth]
  ///   - value: [key rows, keyHeads · headWidth]
  ///   - causal: true when a position sees only itself and earlier ones
  /// - Returns: the heads' mixed values [query rows, heads · headWidth]
  public static func attention(
    query: Tensor, key: Tensor, value: Tensor, segments: [AttentionSegment], headWidth: Int,
    causal: Bool
  ) -> Tensor {
    attention(
      query: query, key: key, value: value, segments: segments,
      rule: AttentionRule(headWidth: headWidth, causal: causal))
  }

  /// Softmax attention over packed rows by a rule, for each sequence on its own.
  ///
  /// Grouped-query attention follows from the widths: query head h reads key head
  /// h / (heads / keyHeads). A query that sees nothing gets zeros.
  ///
  /// - Parameters:
  ///   - query: [query rows, heads · headWidth]
  ///   - key: [key rows, keyHeads · headWidth]
  ///   - value: [key rows, keyHeads · headWidth]
  /// - Returns: the heads' mixed values [query rows, heads · headWidth]
  public static func attention(
    query: Tensor, key: Tensor, value: Tensor, segments: [AttentionSegment], rule: AttentionRule
  ) -> Tensor {
    let (own, keys, values) = (query.detached, key.detached, value.detached)
    let pass = AttentionPass(query: own, key: keys, value: values, segments: segments, rule: rule)
    let (result, kept) = pass.forward(own, keys, values)
    let operands = [query, key, value] + [rule.bias?.values].compactMap(\.self)
    return result.recorded(from: operands) { gradient, needed in
      pass.backward(gradient, own, keys, values, kept, needed: needed)
    }
  }
}
