import InterchangeBasics
import InterchangeDatasets

/// A pair of a file or a published set, with what decides its part.
public struct PairRecord: Sendable {
  /// The pair.
  public var pair: TextPair
  /// The things that train and test must not share; empty for none.
  public var groups: Set<String>
  /// The part that the file says; nil where it doesn't.
  public var part: DataSplit?

  /// A record.
  public init(_ pair: TextPair, groups: Set<String> = [], part: DataSplit? = nil) {
    (self.pair, self.groups, self.part) = (pair, groups, part)
  }
}

extension PairParts {
  /// Divides records: by the parts that they say, else so that no group is in both, else at random.
  ///
  /// Where records say their parts, a record of the test part whose group is in the train part is
  /// left out; a `dev` part is measured on only where there is no `test`.
  ///
  /// - Throws: `CausalModelError` when a part would be empty.
  public init(
    _ records: [PairRecord], variable: String, disjoint: String, wish: PairWish
  ) throws {
    var generator = SplitMix64(seed: wish.seed)
    var dropped: [String: Int] = [:]
    var records = records
    if records.contains(where: { $0.part != nil }) {
      let known = records.filter { $0.part != nil }
      dropped["in no part"] = records.count - known.count
      let measured: DataSplit = known.contains { $0.part == .test } ? .test : .dev
      var train = known.filter { $0.part == .train }
      let members = train.reduce(into: Set<String>()) { $0.formUnion($1.groups) }
      let held = known.filter { $0.part == measured }
      var test = held.filter { $0.groups.isDisjoint(with: members) }
      dropped["\(disjoint) in both parts"] = held.count - test.count
      dropped["of the development part"] = known.count - train.count - held.count
      guard !train.isEmpty, !test.isEmpty else {
        throw CausalModelError.cannotSplit(
          examples: records.count,
          reason:
            "expected pairs of the parts train and test, found \(train.count) and \(test.count)")
      }
      // One part has the pairs that the other can't fill.
      let share = Int((wish.trainShare * Double(wish.count)).rounded())
      let trainCount = min(train.count, max(1, share, wish.count - test.count))
      dropped["more than were asked for"] =
        train.cut(to: trainCount, using: &generator)
        + test.cut(to: max(1, wish.count - trainCount), using: &generator)
      self.init(
        variable: variable, disjoint: disjoint, train: train.map(\.pair), test: test.map(\.pair),
        dropped: dropped.filter { $0.value > 0 })
      return
    }
    dropped["more than were asked for"] = records.cut(to: wish.count, using: &generator)
    let sides: [SplitRecord.Part?]
    if records.contains(where: { !$0.groups.isEmpty }) {
      sides = try GroupSplit(records.map(\.groups), fraction: wish.trainShare)
        .sides(disjoint: GroupKind(rawValue: disjoint), using: &generator)
    } else {
      sides = try GroupSplit.random(
        records.count, fraction: wish.trainShare, using: &generator)
    }
    dropped["mix \(disjoint) of both parts"] = sides.count { $0 == nil }
    func part(_ part: SplitRecord.Part) -> [TextPair] {
      zip(records, sides).filter { $0.1 == part }.map(\.0.pair)
    }
    self.init(
      variable: variable,
      disjoint: records.contains { !$0.groups.isEmpty } ? disjoint : "nothing",
      train: part(.train), test: part(.test), dropped: dropped.filter { $0.value > 0 })
    guard !train.isEmpty, !test.isEmpty else {
      throw CausalModelError.cannotSplit(
        examples: records.count, reason: "with disjoint \(disjoint) a part would be empty")
    }
  }
}

extension [PairRecord] {
  /// Keeps at most `count` records, at random, in their order.
  ///
  /// - Returns: the number of those that went
  fileprivate mutating func cut(to count: Int, using generator: inout SplitMix64) -> Int {
    guard self.count > count else { return 0 }
    let kept = indices.shuffled(using: &generator).prefix(count).sorted()
    let before = self.count
    self = kept.map { self[$0] }
    return before - self.count
  }
}
