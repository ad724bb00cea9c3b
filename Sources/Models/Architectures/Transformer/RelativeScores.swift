import Foundation
import InterchangeBasics
import InterchangeTensors

/// The additions of relative positions to scores as in DeBERTa (arXiv 2006.03654): products of
/// queries with a position's key, and of keys with a position's query.
public struct RelativeDesign: Sendable {
  /// The number of positions on either side that have a row of the table.
  public var span: Int
  /// The number of buckets on either side, of which the farther ones hold ranges; nil: one for each
  /// distance up to the span.
  public var buckets: Int?
  /// The distance of the last bucket.
  public var farthest: Int
  /// Tells whether queries are multiplied with positions' keys.
  public var hasKeys: Bool
  /// Tells whether keys are multiplied with positions' queries.
  public var hasQueries: Bool
  /// Tells whether the maps of queries and keys make those of positions, too.
  public var isShared: Bool
  /// Tells whether a norm follows the table.
  public var hasNorm: Bool
}

extension RelativeDesign {
  /// The rows of the table for the distances of a query from a key, from 1 − `length` on.
  package func places(length: Int) -> [Int] {
    (1 - length..<length).map { min(max(bucket(of: $0) + span, 0), 2 * span - 1) }
  }

  /// The bucket of a distance, in float32 as the reference has it.
  private func bucket(of distance: Int) -> Int {
    guard let buckets, abs(distance) > buckets / 2 else { return distance }
    let middle = buckets / 2
    let range = log(Float(farthest - 1) / Float(middle))
    let step = log(Float(abs(distance)) / Float(middle)) / range * Float(middle - 1)
    return (Int(step.rounded(.up)) + middle) * distance.signum()
  }
}

/// The additions of relative positions to one layer's scores.
struct RelativeScores: Sendable {
  /// The positions' keys [positions, heads · headWidth], with which queries are multiplied.
  let keys: OnFirstUse<Tensor>?
  /// The positions' queries, with which keys are multiplied.
  let queries: OnFirstUse<Tensor>?
  /// The row of every distance of a query from a key, from the least on.
  let places: [Int]
  let headWidth: Int

  /// The additions to one sequence's scores: [heads · queries · keys, 1].
  ///
  /// - Parameters:
  ///   - queries: all output rows' queries
  ///   - keys: the keys of all rows that came in
  func callAsFunction(
    _ segment: AttentionSegment, queries: Tensor, keys: Tensor, scale: Float
  ) -> Tensor {
    let (own, others) = (
      queries.gatherRows(Array(segment.queries)), keys.gatherRows(Array(segment.keys))
    )
    let zero = places.count / 2
    let rows = segment.queryPositions.map { position in
      (0..<segment.keys.count).map { places[zero + position - $0] }
    }
    // The distances of a short text are few of those that the table has.
    let lowest = rows.joined().min() ?? 0
    let used = Array(lowest..<(rows.joined().max() ?? 0) + 1)
    let heads = queries.width / headWidth
    let additions = (0..<heads).map { head in
      let columns = head * headWidth..<(head + 1) * headWidth
      var sum: Tensor?
      if let positions = self.keys?.value {
        let products = own.columns(columns)
          .linear(positions.gatherRows(used).columns(columns))
        sum = products.reshaped([products.count, 1]).gatherRows(
          rows.enumerated().flatMap { row, places in
            places.map { row * used.count + $0 - lowest }
          })
      }
      if let positions = self.queries?.value {
        let products = others.columns(columns)
          .linear(positions.gatherRows(used).columns(columns))
        let picked = products.reshaped([products.count, 1]).gatherRows(
          rows.flatMap { places in
            places.enumerated().map { $0 * used.count + $1 - lowest }
          })
        sum = sum.map { $0 + picked } ?? picked
      }
      return sum ?? .zeros([segment.queries.count * segment.keys.count, 1])
    }
    return scale * Tensor.concatenatingRows(additions)
  }
}
