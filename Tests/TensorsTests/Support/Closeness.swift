import InterchangeTensors
import Testing

/// Expects every element to lie within `absolute + relative · |expected|` of its reference; names
/// the worst offender once, so that a wrong kernel does not print forty thousand lines.
///
/// The defaults leave some 16 roundings to numbers of order 1, and ten times as many to larger
/// ones: enough for short sums. Longer ones state theirs.
func expectClose(
  _ actual: [Double], _ expected: [Double], absolute: Double = 1e-6, relative: Double = 1e-5,
  _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  guard actual.count == expected.count else {
    Issue.record(
      "\(label): expected \(expected.count) elements, got \(actual.count)",
      sourceLocation: sourceLocation)
    return
  }
  var worst: (index: Int, excess: Double)?
  var offenders = 0
  for index in actual.indices {
    let (found, wanted) = (actual[index], expected[index])
    if found == wanted { continue }
    let excess = abs(found - wanted) / (absolute + relative * abs(wanted))
    // A comparison with NaN is false: only what is provably close passes.
    if excess <= 1 { continue }
    offenders += 1
    if worst == nil || !(excess <= worst!.excess) { worst = (index, excess) }
  }
  if let worst {
    Issue.record(
      """
      \(label): element \(worst.index) is \(actual[worst.index]), expected \
      \(expected[worst.index]); \(offenders) of \(actual.count) are out of tolerance
      """, sourceLocation: sourceLocation)
  }
}

func expectClose(
  _ actual: Tensor, _ expected: [Double], absolute: Double = 1e-6, relative: Double = 1e-5,
  _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    actual.elements.map(Double.init), expected, absolute: absolute, relative: relative, label,
    sourceLocation: sourceLocation)
}

func expectClose(
  _ actual: Tensor, _ expected: Tensor, absolute: Double = 1e-6, relative: Double = 1e-5,
  _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.shape == expected.shape, "\(label)", sourceLocation: sourceLocation)
  expectClose(
    actual, expected.elements.map(Double.init), absolute: absolute, relative: relative, label,
    sourceLocation: sourceLocation)
}

func expectClose(
  _ actual: Double, _ expected: Double, absolute: Double = 1e-6, relative: Double = 1e-5,
  _ label: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    [actual], [expected], absolute: absolute, relative: relative, label,
    sourceLocation: sourceLocation)
}
