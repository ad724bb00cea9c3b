import InterchangeTensors
import InterchangeTestSupport
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

/// Expects a tensor of the reference's shape and values, but for the rounding of sums of so many
/// terms in all, the largest number being their size.
///
/// A whole run by default; a gradient goes the way of a run twice.
func expectClose(
  _ actual: Tensor?, _ expected: Tensor, terms: Int = Rounding.tinyRun,
  _ label: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let size = Rounding.largest(expected.elements)
  expectClose(
    actual, expected, absolute: Rounding.bound(terms, of: size), relative: 0, label(),
    sourceLocation: sourceLocation)
}

/// Expects a tensor of the reference's shape, each element within `absolute + relative ·
/// |expected|`.
func expectClose(
  _ actual: Tensor?, _ expected: Tensor, absolute: Double, relative: Double,
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

/// Expects two computations of the same thing to agree but for the rounding of a run. Numbers of
/// order 1 are on the way even to a result whose own are small.
func expectSame(
  _ actual: Tensor, _ expected: Tensor, terms: Int = Rounding.tinyRun,
  _ label: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let size = max(1, Rounding.largest(expected.elements))
  expectClose(
    actual, expected, absolute: Rounding.bound(terms, of: size), relative: 0, label(),
    sourceLocation: sourceLocation)
}
