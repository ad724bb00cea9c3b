import InterchangeBasics

extension Heatmap {
  /// The likeness of subspaces: the mean cosine of the principal angles between each two, 1 for the
  /// same subspace and 0 for orthogonal ones.
  ///
  /// - Parameters:
  ///   - cosines: `[subspaces, subspaces]`, symmetric to 0.001; NaN where not measured.
  ///   - subspaces: their names, such as a layer and a seed.
  ///   - groups: each one's group; a thin line parts neighbors of different groups.
  public init(cosines: [[Double]], between subspaces: [String], groups: [String]? = nil) {
    self.init(symmetric: cosines, subspaces, groups, tolerance: 0.001)
    valueTitle = "mean cosine of principal angles"
    range = 0...1
  }

  /// The distance of subspaces: an angle in degrees between each two, 0 for the same subspace and
  /// 90 for orthogonal ones. Small angles are light, as large cosines are.
  ///
  /// - Parameters:
  ///   - angles: `[subspaces, subspaces]` in degrees, symmetric to 0.1; NaN where not measured.
  ///   - subspaces: their names, such as a layer and a seed.
  ///   - groups: each one's group; a thin line parts neighbors of different groups.
  public init(angles: [[Double]], between subspaces: [String], groups: [String]? = nil) {
    self.init(symmetric: angles, subspaces, groups, tolerance: 0.1)
    valueTitle = "principal angle in degrees"
    range = 0...90
    colorMap = colorMap.reversed
  }

  private init(
    symmetric values: [[Double]], _ labels: [String], _ groups: [String]?, tolerance: Double
  ) {
    self.init(values: values, rowLabels: labels, columnLabels: labels)
    for row in values.indices {
      for column in 0..<row {
        let (one, other) = (values[row][column], values[column][row])
        require(
          one.isNaN && other.isNaN || abs(one - other) <= tolerance,
          "Heatmap: expected a symmetric matrix, got \(one) at (\(row), \(column)) and \(other) "
            + "at (\(column), \(row))")
      }
    }
    if let groups {
      require(
        groups.count == labels.count,
        "Heatmap: expected \(labels.count) groups, one for a subspace, got \(groups.count)")
      rowBreaks = groups.indices.dropFirst().filter { groups[$0] != groups[$0 - 1] }
      columnBreaks = rowBreaks
    }
    rowOrder = .firstAtTop
    hasSquareCells = true
  }
}
