import Foundation
import InterchangeModels

/// The time of a sweep, from the part that is done: a layer of a group takes as many blocks for
/// each of its rows as are above it, and a group's base and source runs take all blocks once.
struct SweepClock {
  private let groups: [Int]
  private let layers: [Int]
  private let blocks: Int
  private var start: Date?
  /// Rows of an example's cones, and of its base and source.
  private var rows = (cones: 0.0, runs: 0.0)
  private var group = 0
  private var done = 0.0
  private var isTold = false

  /// - Parameters:
  ///   - groups: the numbers of examples
  ///   - layers: the lowest that each step changes
  init(groups: [Int], layers: [Int], _ model: Model) {
    (self.groups, self.layers) = (groups, layers)
    blocks = model.architecture.layers
  }

  /// A group whose base and source runs were just made.
  mutating func begin(_ swaps: SweepGroup) {
    group = swaps.examples.count
    // The runs of sources are behind us already; they are counted with the bases' to come.
    start = start ?? Date()
    rows = (
      Double(swaps.rows) / Double(group), Double(swaps.baseRows) / Double(group)
    )
    done += Double(group) * rows.runs * Double(blocks)
  }

  mutating func finish(layer: Int) { done += Double(group) * work(layer) }

  /// An example's work at a layer, in rows of a block.
  private func work(_ layer: Int) -> Double { rows.cones * (Double(blocks - layer) + 0.5) }

  /// The seconds of the whole sweep, once the first layer of the first group is done.
  mutating func firstEstimate() -> Double? {
    guard !isTold, let start, done > 0 else { return nil }
    isTold = true
    let each = layers.reduce(rows.runs * Double(blocks)) { $0 + work($1) }
    return Date().timeIntervalSince(start) * each * Double(groups.reduce(0, +)) / done
  }
}
