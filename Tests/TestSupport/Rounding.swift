/// float32's rounding, from which the tolerances of the numerical tests follow: what a right result
/// may be off by on any processor, in whatever order it adds and whether or not it fuses
/// multiplications.
package enum Rounding {
  /// The most that one operation changes a result by, as a share of it: half of the last of 24
  /// bits.
  package static let unit = 0x1p-24

  /// The terms of all sums on the way from a token to a logit in the tiny models of Fixtures, whose
  /// rows are at most 16 wide: in each of three blocks two norms (16 each), projections (16 three
  /// times, 24), scores and mixed values (8, 10), biases and residual sums; then a norm and the
  /// logits.
  package static let tinyRun = 450

  /// The most that sums of that many terms in all are off by when no partial sum exceeds `size`: as
  /// if all roundings were the largest and went the same way.
  package static func bound(_ terms: Int, of size: Double) -> Double { Double(terms) * unit * size }

  /// Four deviations of such sums when the roundings are independent: they grow with the root.
  package static func spread(_ terms: Int, of size: Double) -> Double {
    4 * Double(terms).squareRoot() * unit * size
  }

  /// The size of the largest of some numbers. A vector's rounding is measured by it, as a small
  /// element may be the difference of large ones. With a NaN among them nothing is within the
  /// rounding.
  package static func largest(_ values: some Sequence<Float>) -> Double {
    values.reduce(0) { $0.isNaN || $1.isNaN ? .nan : max($0, abs(Double($1))) }
  }
}
