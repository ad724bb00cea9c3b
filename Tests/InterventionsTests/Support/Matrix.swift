import InterchangeBasics
import InterchangeTensors
import Testing

/// Rows of Doubles: what the plain-loop references compute with.
typealias Rows = [[Double]]

extension Tensor {
  /// The rows in double precision.
  var rowsInDouble: Rows {
    let values = elements.map(Double.init)
    return (0..<rows).map { Array(values[$0 * width..<($0 + 1) * width]) }
  }
}

func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

func random(_ shape: [Int], seed: UInt64) -> Tensor {
  var generator = RandomGenerator(seed: seed)
  return .normal(shape, using: &generator)
}

/// ‖RRᵀ − I‖∞ in double precision.
func orthonormalityError(_ frame: Tensor) -> Double {
  let rows = frame.rowsInDouble
  var worst = 0.0
  for (i, a) in rows.enumerated() {
    for (j, b) in rows.enumerated() {
      let error = abs(dot(a, b) - (i == j ? 1 : 0))
      // `max` would drop a NaN; infinity can't be mistaken for orthonormal.
      worst = error.isNaN ? .infinity : max(worst, error)
    }
  }
  return worst
}

/// The largest part of a row of `inner` that lies outside the span of `frame`'s orthonormal rows.
func distance(of inner: Tensor, outside frame: Tensor) -> Double {
  let basis = frame.rowsInDouble
  return inner.rowsInDouble.map { row in
    var rest = row
    for direction in basis {
      let length = dot(row, direction)
      for index in rest.indices { rest[index] -= length * direction[index] }
    }
    return dot(rest, rest).squareRoot()
  }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
}

/// Expects every element within a distance of its reference.
func expectClose(
  _ actual: Tensor?, _ expected: Rows, within tolerance: Double, _ label: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard let actual, actual.rows == expected.count, actual.count == expected.joined().count else {
    Issue.record(
      "\(label): expected \(expected.count) rows, got \(actual.map { "\($0.shape)" } ?? "nothing")",
      sourceLocation: sourceLocation)
    return
  }
  var worst = 0.0
  for (found, wanted) in zip(actual.elements, expected.joined()) {
    let error = abs(Double(found) - wanted)
    worst = error.isNaN ? .infinity : max(worst, error)
  }
  #expect(worst <= tolerance, "\(label)", sourceLocation: sourceLocation)
}

/// Expects the gradient of Σ weights · f(operand) to be its central differences.
///
/// The differences are taken in double precision of a plain-loop reference, step 1e-5: their own
/// error is below 1e-9, the tolerance is float32's rounding.
func expectSlopes(
  _ gradient: Tensor?, of loss: (Rows) -> Double, at value: Tensor, within tolerance: Double,
  _ label: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  var rows = value.rowsInDouble
  let slopes = rows.indices.map { row in
    rows[row].indices.map { column in
      let kept = rows[row][column]
      rows[row][column] = kept + 1e-5
      let above = loss(rows)
      rows[row][column] = kept - 1e-5
      let below = loss(rows)
      rows[row][column] = kept
      return (above - below) / 2e-5
    }
  }
  expectClose(gradient, slopes, within: tolerance, label, sourceLocation: sourceLocation)
}

/// The error that a body throws, as the line that a user sees; nil when it throws none.
func line(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
