import Foundation

/// The labeled places of a line chart's horizontal axis.
struct HorizontalTicks {
  /// Places in the axis's own measure: values, logarithms or indices.
  let places: [Double]
  let labels: [String]

  /// Labels that have room in a width in points; categories are left to `AxisLabels`.
  init(_ chart: LineChart, width: Double, fontSize: Double, on canvas: Canvas) {
    let range = chart.horizontalRange
    let points = chart.series.flatMap(\.points).map(\.x).filter(\.isFinite)
    let measured = Set(points).sorted()
    let scale = width / (range.upperBound - range.lowerBound)
    func fits(_ places: [Double], _ labels: [String]) -> Bool {
      Self.fits(places.map { $0 * scale }, labels, fontSize: fontSize, on: canvas)
    }

    if case .categories(let names) = chart.horizontalScale {
      places = names.indices.map(Double.init)
      labels = names
      return
    }
    let isLogarithmic = chart.horizontalScale == .logarithmic
    // A few measured places, such as ranks, are the best ticks.
    if measured.count <= 10 {
      let measuredPlaces = measured.map(chart.place)
      let measuredLabels = measured.map(Self.exactLabel)
      if fits(measuredPlaces, measuredLabels) && measuredLabels.allSatisfy({ $0.count <= 5 }) {
        places = measuredPlaces
        labels = measuredLabels
        return
      }
    }
    let allWhole = measured.allSatisfy { $0 == $0.rounded() }
    for limit in stride(from: 9, to: 2, by: -1) {
      let ticks =
        isLogarithmic
        ? Self.powers(in: range, limit: limit)
        : Self.round(in: range, limit: limit, wholeNumbers: allWhole)
      if fits(ticks.places, ticks.labels) {
        (places, labels) = ticks
        return
      }
    }
    (places, labels) = ([], [])
  }

  /// Round numbers of a range that have room in a width in points.
  init(in range: ClosedRange<Double>, width: Double, fontSize: Double, on canvas: Canvas) {
    let scale = width / (range.upperBound - range.lowerBound)
    for limit in stride(from: 9, to: 1, by: -1) {
      let ticks = Ticks(in: range, limit: limit)
      let places = ticks.values.map { $0 * scale }
      if Self.fits(places, ticks.labels, fontSize: fontSize, on: canvas) {
        self.places = ticks.values
        labels = ticks.labels
        return
      }
    }
    (places, labels) = ([], [])
  }

  /// True when labels centered on places in points keep clear of one another.
  private static func fits(
    _ places: [Double], _ labels: [String], fontSize: Double, on canvas: Canvas
  ) -> Bool {
    let widths = labels.map { canvas.size(of: Text($0, size: fontSize)).width }
    return places.indices.dropFirst().allSatisfy { index in
      places[index] - places[index - 1] > (widths[index - 1] + widths[index]) / 2 + 4
    }
  }

  private static func round(
    in range: ClosedRange<Double>, limit: Int, wholeNumbers: Bool
  ) -> (places: [Double], labels: [String]) {
    let ticks = Ticks(in: range, limit: limit, wholeNumbers: wholeNumbers)
    return (ticks.values, ticks.labels)
  }

  /// Powers of ten inside a range of natural logarithms; 1, 2, 5 times them when they are few.
  private static func powers(
    in range: ClosedRange<Double>, limit: Int
  ) -> (places: [Double], labels: [String]) {
    let low = Int((range.lowerBound / log(10)).rounded(.down))
    let high = Int((range.upperBound / log(10)).rounded(.up))
    let step = max(1, (high - low) / limit)
    let exponents = Array(stride(from: low, through: high, by: step))
    for factors in [[1.0, 2, 5], [1.0]] {
      let values = exponents.flatMap { exponent in factors.map { $0 * pow(10, Double(exponent)) } }
        .filter { range.contains(log($0)) }
      if values.count <= limit || factors.count == 1 {
        return (values.map { log($0) }, values.map(exactLabel))
      }
    }
    return ([], [])
  }

  /// A number as people write it: 8, 0.25, 10⁶ as 1×10⁶.
  private static func exactLabel(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    let size = abs(value)
    if size >= 1e5 || size < 1e-3 {
      let power = pow(10, log10(size).rounded(.down))
      return NumberFormat(step: power, largest: size).label(value)
    }
    let decimals = (0...6).first { digits in
      let scaled = size * pow(10, Double(digits))
      return abs(scaled - scaled.rounded()) < 1e-9 * scaled
    }
    return NumberFormat(decimals: decimals ?? 6, exponent: 0).label(value)
  }
}
