import InterchangeBasics

extension CounterfactualDataset {
  /// The two parts of a split.
  public typealias Parts = (train: CounterfactualDataset, test: CounterfactualDataset)

  /// Splits so that no member of the group occurs in both parts.
  ///
  /// Examples that share members, directly or through others, stay together when such clusters give
  /// the fraction within a tenth; nothing is lost then, and the built-in tasks draw their data so
  /// that it is. Otherwise each member is given to a part at random, and examples that mix members
  /// of both are dropped; `splitRecord` has their number.
  ///
  /// - Parameters:
  ///   - group: The kind of thing that the parts may not share.
  ///   - fraction: The share of examples for training, between 0 and 1.
  ///   - seed: The seed of the assignment to parts.
  /// - Throws: `CausalModelError` when the fraction is out of range, an example names no member of
  ///   the group, or a part would be empty.
  public func split(
    disjoint group: GroupKind, fraction: Double = 0.75, seed: UInt64 = 0
  ) throws -> Parts {
    let members = examples.map { $0.members(of: group) }
    var generator = SplitMix64(seed: seed)
    let sides = try GroupSplit(members, fraction: fraction).sides(
      disjoint: group, using: &generator)
    let parts = parts(sides, disjoint: group, fraction: fraction, seed: seed)
    guard !parts.train.isEmpty, !parts.test.isEmpty else {
      throw CausalModelError.cannotSplit(
        examples: count, reason: "with disjoint \(group) a part would be empty")
    }
    return parts
  }

  /// Splits at random, for a validation part; the parts may share nouns, names or entities.
  ///
  /// - Throws: `CausalModelError` when the fraction is out of range or a part would be empty.
  public func split(fraction: Double, seed: UInt64 = 0) throws -> Parts {
    var generator = SplitMix64(seed: seed)
    let sides = try GroupSplit.random(count, fraction: fraction, using: &generator)
    return parts(sides, disjoint: nil, fraction: fraction, seed: seed)
  }

  /// The parts for each example's side; `nil` is an example that is dropped.
  private func parts(
    _ sides: [SplitRecord.Part?], disjoint group: GroupKind?, fraction: Double, seed: UInt64
  ) -> Parts {
    func part(_ part: SplitRecord.Part) -> CounterfactualDataset {
      with(
        zip(examples, sides).filter { $0.1 == part }.map(\.0),
        splitRecord: SplitRecord(
          part: part, disjoint: group?.rawValue, fraction: fraction, seed: seed,
          dropped: sides.count { $0 == nil }))
    }
    return (part(.train), part(.test))
  }
}
