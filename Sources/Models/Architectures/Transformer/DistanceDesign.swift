import Foundation
import InterchangeBasics

/// Learned additions to scores for the distance between a query and a key (arXiv 1910.10683): one
/// for each short distance, then one for each of ranges that grow with the distance.
public struct DistanceDesign: Sendable {
  /// The number of buckets, that of both sides together.
  public var buckets: Int
  /// The distance from which on all have the last bucket.
  public var farthest: Int
  /// Tells whether all buckets are for keys before the query; half of them otherwise.
  public var isOneSided = false

  /// Buckets up to a distance.
  public init(buckets: Int, farthest: Int = 128) {
    (self.buckets, self.farthest) = (buckets, farthest)
  }

  /// Checks the numbers against one another.
  func validate(_ require: ConfigurationCheck) throws {
    try require.size(buckets, "buckets of distances")
    try require(buckets % 4 == 0, "buckets of distances", "a multiple of 4", buckets)
    try require.size(farthest, "farthest distance")
    let exact = buckets / (isOneSided ? 2 : 4)
    try require(farthest > exact, "farthest distance", "more than \(exact)", farthest)
  }

  /// The buckets of the places from `length` − 1 before a position to as many after it.
  func places(length: Int) -> [Int] {
    if isOneSided { return (1 - length..<length).map { bucket(max(0, -$0), of: buckets) } }
    let half = buckets / 2
    return (1 - length..<length).map {
      $0 > 0 ? half + bucket($0, of: half) : bucket(-$0, of: half)
    }
  }

  /// The bucket of a distance on one side, in float32 as the reference has it: some distances are
  /// exactly on an edge.
  private func bucket(_ distance: Int, of count: Int) -> Int {
    let exact = count / 2
    guard distance >= exact else { return distance }
    let range = Float(log(Double(farthest) / Double(exact)))
    let step = log(Float(distance) / Float(exact)) / range * Float(count - exact)
    return min(count - 1, exact + Int(step))
  }
}
