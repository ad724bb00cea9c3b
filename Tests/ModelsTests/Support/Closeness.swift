import InterchangeTensors
import Testing

/// Expects every element to lie within `absolute + relative · |expected|` of its reference; names
/// the worst offender once.
func expectClose(
  _ actual: some Collection<Float>, _ expected: some Collection<Float>, absolute: Double,
  relative: Double, _ label: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record(
      "\(label()): expected \(expected.count) elements, got \(actual.count)",
      sourceLocation: sourceLocation)
    return
  }
  var worst: (index: Int, excess: Double, found: Float, wanted: Float)?
  for (index, (found, wanted)) in zip(actual, expected).enumerated() where found != wanted {
    let excess =
      abs(Double(found) - Double(wanted)) / (absolute + relative * abs(Double(wanted)))
    // A comparison with NaN is false: only what is provably close passes.
    if excess <= 1 || (worst.map { excess <= $0.excess } ?? false) { continue }
    worst = (index, excess, found, wanted)
  }
  if let worst {
    Issue.record(
      """
      \(label()): element \(worst.index) is \(worst.found), expected \(worst.wanted), \
      \(worst.excess) times the tolerance
      """, sourceLocation: sourceLocation)
  }
}

/// Expects a tensor of the reference's shape and values.
///
/// The default, 1e-5, leaves float32 (1e-7) room for the rounding of three blocks of sums taken in
/// another order.
func expectClose(
  _ actual: Tensor?, _ expected: Tensor, absolute: Double = 1e-5, relative: Double = 1e-5,
  _ label: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let actual, actual.shape == expected.shape else {
    let found = actual.map { "\($0.shape)" } ?? "nothing"
    Issue.record(
      "\(label()): expected shape \(expected.shape), got \(found)", sourceLocation: sourceLocation)
    return
  }
  expectClose(
    actual.elements, expected.elements, absolute: absolute, relative: relative, label(),
    sourceLocation: sourceLocation)
}

/// Expects two computations of the same thing to agree within 1e-5 of their largest number: the
/// rounding of a sum is that of its largest terms.
func expectSame(
  _ actual: Tensor, _ expected: Tensor, _ label: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let largest = expected.elements.reduce(0) { max($0, abs($1)) }
  expectClose(
    actual, expected, absolute: 1e-5 * max(1, Double(largest)), relative: 0, label(),
    sourceLocation: sourceLocation)
}
