import InterchangeDatasets

/// Pairs that a program has made itself.
///
/// ```swift
/// let source = GivenPairs([
///   TextPair(
///     base: SpannedText("The key"), sources: [SpannedText("The keys")], label: " are",
///     answers: [" is", " are"]),
///   TextPair(
///     base: SpannedText("The cats"), sources: [SpannedText("The cat")], label: " is",
///     answers: [" is", " are"]),
/// ])
/// print(try source.parts(PairWish(trainShare: 0.5)).train.count)  // 1
/// ```
public struct GivenPairs: PairSource {
  public let name: String
  public let variables: [String]
  public var usualCount: Int? { records.count }
  private let records: [PairRecord]

  /// Pairs that are divided at random.
  public init(_ pairs: [TextPair], name: String = "pairs", variable: String = "variable") {
    self.init(pairs.map { PairRecord($0) }, name: name, variable: variable)
  }

  /// Pairs with groups or parts that decide how they are divided.
  public init(_ records: [PairRecord], name: String = "pairs", variable: String = "variable") {
    (self.records, self.name, variables) = (records, name, [variable])
  }

  public func parts(_ wish: PairWish) throws -> PairParts {
    try PairParts(records, variable: variable(wish), disjoint: "groups", wish: wish)
  }
}
