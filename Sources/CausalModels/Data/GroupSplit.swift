import Foundation
import InterchangeBasics

/// Gives examples to parts that share no members of a group.
package struct GroupSplit {
  /// The members of each example.
  let members: [Set<String>]
  /// The share of examples for training.
  let fraction: Double

  /// - Throws: `CausalModelError` for a fraction that isn't between 0 and 1, and for no examples.
  package init(_ members: [Set<String>], fraction: Double) throws {
    (self.members, self.fraction) = (members, fraction)
    try Self.check(members.count, fraction)
  }

  /// The part of each example; nil for one that mixes members of both.
  ///
  /// - Throws: `CausalModelError.missingGroup` when an example has no member.
  package func sides(
    disjoint group: GroupKind, using generator: inout SplitMix64
  ) throws -> [SplitRecord.Part?] {
    guard !members.contains([]) else { throw CausalModelError.missingGroup(group) }
    return splitByCluster(using: &generator) ?? splitByMember(using: &generator)
  }

  /// A part for each of some examples, at random.
  ///
  /// - Throws: `CausalModelError` when the fraction is out of range or a part would be empty.
  package static func random(
    _ count: Int, fraction: Double, using generator: inout SplitMix64
  ) throws -> [SplitRecord.Part?] {
    try check(count, fraction)
    let trainCount = Int((fraction * Double(count)).rounded())
    var sides = (0..<count).map { Optional($0 < trainCount ? SplitRecord.Part.train : .test) }
    sides.shuffle(using: &generator)
    guard 0 < trainCount, trainCount < count else {
      throw CausalModelError.cannotSplit(
        examples: count, reason: "at a fraction of \(fraction) a part would be empty")
    }
    return sides
  }

  private static func check(_ count: Int, _ fraction: Double) throws {
    guard 0 < fraction, fraction < 1 else { throw CausalModelError.invalidFraction(fraction) }
    guard count > 0 else {
      throw CausalModelError.cannotSplit(examples: 0, reason: "there is nothing to divide")
    }
  }

  /// Gives whole clusters to the parts, or `nil` when the fraction can't be met within a tenth.
  private func splitByCluster(
    using generator: inout SplitMix64
  ) -> [SplitRecord.Part?]? {
    let clusters = Clusters(members).examples.shuffled(using: &generator)
    // In any order, or else the largest first, which leaves the small ones to fill up with.
    return sides(dealing: clusters) ?? sides(dealing: clusters.sorted { $0.count > $1.count })
  }

  private func sides(dealing clusters: [[Int]]) -> [SplitRecord.Part?]? {
    let wanted = fraction * Double(members.count)
    var trainCount = 0
    var sides = [SplitRecord.Part?](repeating: .test, count: members.count)
    for cluster in clusters {
      let without = abs(Double(trainCount) - wanted)
      let with = abs(Double(trainCount + cluster.count) - wanted)
      guard with <= without else { continue }
      for index in cluster { sides[index] = .train }
      trainCount += cluster.count
    }
    let isNear = abs(Double(trainCount) - wanted) <= 0.1 * Double(members.count)
    return isNear && 0 < trainCount && trainCount < members.count ? sides : nil
  }

  /// Gives single members to the parts; an example that mixes them has no side.
  private func splitByMember(
    using generator: inout SplitMix64
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
