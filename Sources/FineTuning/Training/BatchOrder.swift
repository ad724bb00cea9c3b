import InterchangeBasics
import InterchangeTensors

/// The examples that each step of an epoch takes: batches of similar length in random order, that
/// follow from the seed and the epoch alone, so that a resumed run goes on with the same batches.
package struct BatchOrder {
  /// Batches that are sorted by length together.
  private static let window = 16

  /// The examples of each batch, by index.
  package let batches: [[Int]]

  package init(lengths: [Int], batchSize: Int, seed: UInt64, epoch: Int) {
    var seeds = RandomGenerator(seed: seed)
    var generator = RandomGenerator(
      seed: seeds.next() &+ UInt64(epoch) &* 0x9E37_79B9_7F4A_7C15)
    let order = Array(lengths.indices).shuffled(using: &generator)
    var batches: [[Int]] = []
    for start in stride(from: 0, to: order.count, by: Self.window * batchSize) {
      // Equal lengths stay in their random order.
      let part = order[start..<min(start + Self.window * batchSize, order.count)].enumerated()
        .sorted { (lengths[$0.element], $0.offset) < (lengths[$1.element], $1.offset) }
        .map(\.element)
      for first in stride(from: 0, to: part.count, by: batchSize) {
        batches.append(Array(part[first..<min(first + batchSize, part.count)]))
      }
    }
    self.batches = batches.shuffled(using: &generator)
  }
}
