import InterchangeBasics

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno for smooth functions
/// (Liu and Nocedal 1989), with a line search that backtracks until the weak Wolfe conditions hold.
enum LBFGS {
  /// Where a search ended.
  struct Result {
    let point: [Double]
    let value: Double
    let isConverged: Bool
    let iterations: Int
  }

  /// A point at which no element of the gradient is larger than the tolerance, or the last one
  /// after so many steps.
  ///
  /// - Parameter function: the value at a point, which writes its gradient
  static func minimum(
    from start: [Double], limit: Int, tolerance: Double, memory: Int = 10,
    _ function: ([Double], inout [Double]) -> Double
  ) -> Result {
    var point = start
    var gradient = start.map { _ in 0.0 }
    var value = function(point, &gradient)
    var pairs: [(step: [Double], change: [Double], inverse: Double)] = []
    for iteration in 0..<limit {
      if gradient.allSatisfy({ abs($0) <= tolerance }) {
        return Result(point: point, value: value, isConverged: true, iterations: iteration)
      }
      var direction = descent(gradient, pairs)
      var slope = dot(direction, gradient)
      if slope >= 0 {
        pairs = []
        direction = gradient.map { -$0 }
        slope = -dot(gradient, gradient)
      }
      let first = pairs.isEmpty ? min(1, 1 / dot(gradient, gradient).squareRoot()) : 1
      guard
        let next = search(point, value, slope, direction, first: first, function)
      else { break }
      let step = zip(next.point, point).map(-)
      let change = zip(next.gradient, gradient).map(-)
      let curvature = dot(step, change)
      if curvature > 1e-12 * dot(change, change) {
        pairs.append((step, change, 1 / curvature))
        if pairs.count > memory { pairs.removeFirst() }
      }
      (point, value, gradient) = next
    }
    return Result(
      point: point, value: value, isConverged: gradient.allSatisfy { abs($0) <= tolerance },
      iterations: limit)
  }

  /// −H g, H the inverse Hessian that the last steps suggest.
  private static func descent(
    _ gradient: [Double], _ pairs: [(step: [Double], change: [Double], inverse: Double)]
  ) -> [Double] {
    var q = gradient
    var factors: [Double] = []
    for pair in pairs.reversed() {
      let factor = pair.inverse * dot(pair.step, q)
      for j in q.indices { q[j] -= factor * pair.change[j] }
      factors.append(factor)
    }
    if let last = pairs.last {
      let scale = 1 / (last.inverse * dot(last.change, last.change))
      for j in q.indices { q[j] *= scale }
    }
    for (pair, factor) in zip(pairs, factors.reversed()) {
      let other = pair.inverse * dot(pair.change, q)
      for j in q.indices { q[j] += (factor - other) * pair.step[j] }
    }
    return q.map { -$0 }
  }

  /// A step that lowers the value enough and leaves a flatter slope, by bisection; nil where
  /// rounding leaves none.
  private static func search(
    _ point: [Double], _ value: Double, _ slope: Double, _ direction: [Double], first: Double,
    _ function: ([Double], inout [Double]) -> Double
  ) -> (point: [Double], value: Double, gradient: [Double])? {
    var (low, high, step) = (0.0, Double.infinity, first)
    var best: (point: [Double], value: Double, gradient: [Double])?
    for _ in 0..<40 {
      let trial = zip(point, direction).map { $0 + step * $1 }
      var gradient = point.map { _ in 0.0 }
      let found = function(trial, &gradient)
      if !(found <= value + 1e-4 * step * slope) {
        high = step
      } else {
        best = (trial, found, gradient)
        if dot(gradient, direction) >= 0.9 * slope { return best }
        low = step
      }
      step = high.isFinite ? (low + high) / 2 : 2 * step
    }
    return best
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for j in a.indices { sum += a[j] * b[j] }
    return sum
  }
}
