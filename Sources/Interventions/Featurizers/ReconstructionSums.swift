import InterchangeTensors

/// Sums over vectors and what a featurizer makes of them again, from which the share of the
/// variance that it explains follows.
package struct ReconstructionSums {
  private var error = 0.0
  private var coordinates: [Double]
  private var squares = 0.0
  private var rows = 0

  /// No vectors yet, of this width.
  package init(width: Int) { coordinates = Array(repeating: 0, count: width) }

  /// Adds vectors.
  ///
  /// - Parameters:
  ///   - rows: [rows, width]
  ///   - rebuilt: [rows, width]
  ///   - skipping: rows at the beginning that don't count
  package mutating func add(_ rows: Tensor, rebuilt: Tensor, skipping: Int = 0) {
    guard rows.rows > skipping else { return }
    self.rows += rows.rows - skipping
    rows.withElements { rows in
      rebuilt.withElements { rebuilt in
        for place in skipping * coordinates.count..<rows.count {
          let value = Double(rows[place])
          error += (value - Double(rebuilt[place])) * (value - Double(rebuilt[place]))
          coordinates[place % coordinates.count] += value
          squares += value * value
        }
      }
    }
  }

  /// 1 − Σ‖h − D(E(h))‖² / Σ‖h − h̄‖²; no number where all vectors are the same.
  package var explained: Double {
    let means = coordinates.reduce(0.0) { $0 + $1 * $1 } / Double(rows)
    return 1 - error / (squares - means)
  }
}
