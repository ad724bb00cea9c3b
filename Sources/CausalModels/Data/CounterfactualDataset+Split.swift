import Foundation
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
    try check(fraction)
    let members = examples.map { $0.members(of: group) }
    guard !members.contains([]) else { throw CausalModelError.missingGroup(group) }
    var generator = SplitMix64(seed: seed)

    var sides = splitByCluster(members, fraction: fraction, using: &generator)
    if sides == nil {
      sides = splitByMember(members, fraction: fraction, using: &generator)
    }
    let parts = parts(sides ?? [], disjoint: group, fraction: fraction, seed: seed)
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
    try check(fraction)
    var generator = SplitMix64(seed: seed)
    let trainCount = Int((fraction * Double(count)).rounded())
    var sides = examples.indices.map { Optional($0 < trainCount ? SplitRecord.Part.train : .test) }
    sides.shuffle(using: &generator)
    guard 0 < trainCount, trainCount < count else {
      throw CausalModelError.cannotSplit(
        examples: count, reason: "at a fraction of \(fraction) a part would be empty")
    }
    return parts(sides, disjoint: nil, fraction: fraction, seed: seed)
  }

  private func check(_ fraction: Double) throws {
    guard 0 < fraction, fraction < 1 else { throw CausalModelError.invalidFraction(fraction) }
    guard !isEmpty else {
      throw CausalModelError.cannotSplit(examples: 0, reason: "there is nothing to divide")
    }
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

  /// Gives whole clusters to the parts, or `nil` when the fraction can't be met within a tenth.
  private func splitByCluster(
    _ members: [Set<String>], fraction: Double, using generator: inout SplitMix64
  ) -> [SplitRecord.Part?]? {
    let clusters = Clusters(members).examples.shuffled(using: &generator)
    let wanted = fraction * Double(count)
    var trainCount = 0
    var sides = [SplitRecord.Part?](repeating: .test, count: count)
    for cluster in clusters {
      let without = abs(Double(trainCount) - wanted)
      let with = abs(Double(trainCount + cluster.count) - wanted)
      guard with <= without else { continue }
      for index in cluster { sides[index] = .train }
      trainCount += cluster.count
    }
    let isNear = abs(Double(trainCount) - wanted) <= 0.1 * Double(count)
    return isNear && 0 < trainCount && trainCount < count ? sides : nil
  }

  /// Gives single members to the parts; an example that mixes them has no side.
  private func splitByMember(
    _ members: [Set<String>], fraction: Double, using generator: inout SplitMix64
  ) -> [SplitRecord.Part?] {
    let all = members.reduce(into: Set<String>()) { $0.formUnion($1) }.sorted()
    // An example of k members stays whole with probability p^k (train) or (1 - p)^k (test), so
    // this p makes the parts' sizes come out as the fraction asks.
    let perExample = Double(members.reduce(0) { $0 + $1.count }) / Double(members.count)
    let train = pow(fraction, 1 / perExample)
    let test = pow(1 - fraction, 1 / perExample)
    let trainCount = Int((Double(all.count) * train / (train + test)).rounded())
    let trainMembers = Set(all.shuffled(using: &generator).prefix(trainCount))
    return members.map { members in
      if members.isSubset(of: trainMembers) { return .train }
      return members.isDisjoint(with: trainMembers) ? .test : nil
    }
  }
}

/// Examples joined by the members that they share: the connected parts of their graph.
private struct Clusters {
  /// The examples' indices, by cluster, in the order of each cluster's first example.
  let examples: [[Int]]

  init(_ members: [Set<String>]) {
    var parent = Array(members.indices)
    func root(_ index: Int) -> Int {
      var index = index
      while parent[index] != index {
        parent[index] = parent[parent[index]]
        index = parent[index]
      }
      return index
    }
    var firstExample: [String: Int] = [:]
    for (index, members) in members.enumerated() {
      for member in members {
        guard let first = firstExample[member] else {
          firstExample[member] = index
          continue
        }
        // The smaller index is the root: the outcome does not depend on the set's order.
        let (low, high) = (min(root(first), root(index)), max(root(first), root(index)))
        parent[high] = low
      }
    }
    var clusters: [Int: [Int]] = [:]
    for index in members.indices { clusters[root(index), default: []].append(index) }
    examples = clusters.sorted { $0.key < $1.key }.map(\.value)
  }
}
