/// The way from values to positions in 0…1.
struct ValueScale: Equatable {
  let range: ClosedRange<Double>
  /// True when some values lie below the range.
  let hasBelow: Bool
  let hasAbove: Bool

  /// A range of no extent is widened, an immense one cut so that its extent is a number.
  init(_ range: ClosedRange<Double>, hasBelow: Bool = false, hasAbove: Bool = false) {
    var lower = max(range.lowerBound, -1e300)
    var upper = min(range.upperBound, 1e300)
    if !(upper - lower > max(abs(lower), abs(upper)) * 1e-12) {
      let reach = max(abs(lower) * 0.05, lower == 0 ? 0.5 : 1e-300)
      (lower, upper) = (lower - reach, upper + reach)
    }
    self.range = lower...upper
    self.hasBelow = hasBelow
    self.hasAbove = hasAbove
  }

  /// The scale of values on a color map: the given range or the values' own, symmetric about the
  /// center when the map is diverging.
  init(
    of values: [Double], on colorMap: ColorMap, range: ClosedRange<Double>?, center: Double
  ) {
    let finite = values.filter(\.isFinite)
    var bounds = range ?? (finite.min() ?? 0)...(finite.max() ?? 1)
    if colorMap.kind == .diverging {
      let reach = max(abs(bounds.lowerBound - center), abs(bounds.upperBound - center))
      bounds = center - reach...center + reach
    }
    self.init(
      bounds, hasBelow: values.contains { $0 < bounds.lowerBound },
      hasAbove: values.contains { $0 > bounds.upperBound })
  }

  /// 0 at the range's lower end, 1 at the upper, linear also outside.
  func position(of value: Double) -> Double {
    (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }
}
