import Foundation

/// The buckets of distances between a query and a key (arXiv 1910.10683): half of them for keys
/// after the query; of each half one for each short distance, and then ranges that grow with the
/// distance up to 128.
enum DistanceBuckets {
  private static let farthest: Float = 128

  /// The buckets of the places from `length` − 1 before a position to as many after it.
  static func places(length: Int, buckets: Int) -> [Int] {
    (1 - length..<length).map {
      $0 > 0 ? buckets / 2 + bucket($0, of: buckets / 2) : bucket(-$0, of: buckets / 2)
    }
  }

  /// The bucket of a distance on one side, in float32 as the reference has it: some distances are
  /// exactly on an edge.
  private static func bucket(_ distance: Int, of count: Int) -> Int {
    let exact = count / 2
    guard distance >= exact else { return distance }
    let range = Float(log(Double(farthest) / Double(exact)))
    let step = log(Float(distance) / Float(exact)) / range * Float(count - exact)
    return min(count - 1, exact + Int(step))
  }
}
