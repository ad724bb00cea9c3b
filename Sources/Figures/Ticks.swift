import Foundation

/// Round numbers along an axis, with their labels.
package struct Ticks: Equatable {
  /// In ascending order, all inside the range.
  package let values: [Double]
  package let step: Double
  package let labels: [String]

  /// Multiples of 1, 2 or 5 times a power of ten inside a range; as many as possible up to `limit`.
  package init(in range: ClosedRange<Double>, limit: Int, wholeNumbers: Bool = false) {
    var step = Self.roundStep(atLeast: (range.upperBound - range.lowerBound) / Double(limit))
    if wholeNumbers { step = max(step, 1) }
    // A tick that misses the end by rounding only still belongs to it.
    func first() -> Double { (range.lowerBound / step - 1e-9).rounded(.up) }
    func last() -> Double { (range.upperBound / step + 1e-9).rounded(.down) }
    while last() - first() + 1 > Double(limit) { step = Self.roundStep(atLeast: step * 1.5) }
    let values = stride(from: first(), through: last(), by: 1).map { $0 * step }
    self.step = step
    self.values = values
    labels = NumberFormat(step: step, largest: values.map(abs).max() ?? 0).labels(values)
  }

  /// A range moved outwards until ticks of that limit lie on both its ends.
  package static func roundedOutwards(
    _ range: ClosedRange<Double>, limit: Int
  ) -> ClosedRange<Double> {
    var rounded = range
    // A wider range may need a coarser step, which widens it again, at most a few times.
    for _ in 0..<4 {
      let step = Ticks(in: rounded, limit: limit).step
      let lower = (range.lowerBound / step + 1e-9).rounded(.down) * step
      let upper = (range.upperBound / step - 1e-9).rounded(.up) * step
      if rounded == lower...upper { break }
      rounded = lower...upper
    }
    return rounded
  }

  private static func roundStep(atLeast least: Double) -> Double {
    guard least > 0, least.isFinite else { return 1 }
    let power = pow(10, log10(least).rounded(.down))
    for factor in [1.0, 2, 5] where factor * power >= least * (1 - 1e-9) { return factor * power }
    return 10 * power
  }
}

/// One way of writing all the numbers of an axis or a table.
package struct NumberFormat: Equatable {
  package let decimals: Int
  /// The power of ten set apart, or 0.
  package let exponent: Int

  init(decimals: Int, exponent: Int) {
    self.decimals = decimals
    self.exponent = exponent
  }

  /// For multiples of a step up to a largest size.
  init(step: Double, largest: Double) {
    guard step > 0, largest > 0, step.isFinite, largest.isFinite else {
      self.init(decimals: 0, exponent: 0)
      return
    }
    let stepPower = Int((log10(step) + 1e-9).rounded(.down))
    let largestPower = Int((log10(largest) + 1e-9).rounded(.down))
    let exponent = largestPower >= 5 || largestPower < -3 ? largestPower : 0
    self.init(decimals: min(max(0, exponent - stepPower), 15), exponent: exponent)
  }

  /// For measured values: two or three digits of the largest, none after the point for counts.
  package init(values: [Double]) {
    let sizes = values.lazy.filter(\.isFinite).map(abs)
    let largest = sizes.max() ?? 0
    if sizes.allSatisfy({ $0 == $0.rounded() }) && largest < 100_000 {
      self.init(decimals: 0, exponent: 0)
    } else {
      let digits = Int(log10(largest).rounded(.up))
      self.init(step: pow(10, Double(min(digits, 2) - 2)), largest: largest)
    }
  }

  func labels(_ values: [Double]) -> [String] { values.map(label) }

  /// A number with a true minus sign, such as −0.25 or 3×10⁻⁶.
  package func label(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "−∞" : "∞" }
    let digits = String(format: "%.\(decimals)f", abs(value) / pow(10, Double(exponent)))
    let isZero = !digits.contains { $0 != "0" && $0 != "." }
    if isZero { return exponent == 0 ? digits : "0" }
    return (value < 0 ? "−" : "") + digits + power
  }

  private var power: String {
    guard exponent != 0 else { return "" }
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let raised = String(abs(exponent)).map { digits[$0.wholeNumberValue ?? 0] }
    return "×10" + (exponent < 0 ? "⁻" : "") + String(raised)
  }
}
