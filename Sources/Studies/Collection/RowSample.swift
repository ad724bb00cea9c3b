import Foundation
import InterchangeBasics
import InterchangeTensors

/// A random sample of rows that come one after another, each as likely as any other (Vitter 1985,
/// algorithm R), and the least and the greatest length of all.
struct RowSample {
  /// The lengths that are kept for quartiles.
  static let mostNorms = 4096
  /// The rows that are kept for a plane.
  static let mostRows = 512

  private var norms: [Double] = []
  private var least = Double.infinity
  private var most = 0.0
  private var seen = 0
  private var generator: RandomGenerator
  /// The rows that are kept, with their texts.
  private(set) var rows: [(values: [Float], text: Int)] = []
  private var candidates = 0
  private let keepsRows: Bool

  /// - Parameter keepsRows: whether whole rows are kept, not only their lengths
  init(keepsRows: Bool, seed: UInt64) {
    self.keepsRows = keepsRows
    generator = RandomGenerator(seed: seed ^ 0xC011)
  }

  /// - Parameter isCandidate: whether the row may be kept whole
  mutating func add(_ row: UnsafeBufferPointer<Float>, text: Int, isCandidate: Bool) {
    var sum = 0.0
    for value in row { sum += Double(value) * Double(value) }
    let norm = sum.squareRoot()
    (least, most) = (min(least, norm), max(most, norm))
    seen += 1
    if let place = Self.place(of: seen, most: Self.mostNorms, &generator) {
      if place < norms.count { norms[place] = norm } else { norms.append(norm) }
    }
    guard keepsRows, isCandidate else { return }
    candidates += 1
    if let place = Self.place(of: candidates, most: Self.mostRows, &generator) {
      let kept = (values: Array(row), text: text)
      if place < rows.count { rows[place] = kept } else { rows.append(kept) }
    }
  }

  /// The place of the n-th thing in the sample; nil when it isn't kept.
  private static func place(
    of number: Int, most: Int, _ generator: inout RandomGenerator
  ) -> Int? {
    if number <= most { return number - 1 }
    let place = Int.random(in: 0..<number, using: &generator)
    return place < most ? place : nil
  }

  /// The number of lengths that are kept.
  var summarized: Int { norms.count }

  /// The summary of the lengths, of at least one row.
  var summary: ActivationCollection.Norms {
    let sorted = norms.sorted()
    func quantile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let below = Int(place)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
    return ActivationCollection.Norms(
      least: least, low: quantile(0.25), median: quantile(0.5), high: quantile(0.75), most: most)
  }

  /// The kept rows in the plane of their principal components; nil for fewer than three rows, of
  /// fewer than two numbers, or all the same.
  ///
  /// - Parameter labels: of the texts
  func plane(labels: [String]?, leavesOutFirst: Bool) throws -> ActivationCollection.Plane? {
    guard rows.count > 2, let width = rows.first?.values.count, width > 1 else { return nil }
    var means = Array(repeating: 0.0, count: width)
    for row in rows { for column in 0..<width { means[column] += Double(row.values[column]) } }
    for column in 0..<width { means[column] /= Double(rows.count) }
    let centered = rows.flatMap { row in
      (0..<width).map { Float(Double(row.values[$0]) - means[$0]) }
    }
    let (left, values, _) = try Tensor(centered, shape: [rows.count, width]).svd()
    let all = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    guard all > 0, values.count > 1 else { return nil }
    // An axis may be turned round: the largest coordinate is positive.
    let signs = (0..<2).map { axis -> Double in
      let largest = (0..<rows.count).max { abs(left[$0, axis]) < abs(left[$1, axis]) } ?? 0
      return left[largest, axis] < 0 ? -1 : 1
    }
    func place(_ row: Int, _ axis: Int) -> Double {
      signs[axis] * Double(left[row, axis]) * Double(values[axis])
    }
    return ActivationCollection.Plane(
      points: rows.enumerated().map { index, row in
        .init(x: place(index, 0), y: place(index, 1), label: labels.map { $0[row.text] })
      },
      shares: (0..<2).map { Double(values[$0]) * Double(values[$0]) / all },
      leavesOutFirst: leavesOutFirst)
  }
}
