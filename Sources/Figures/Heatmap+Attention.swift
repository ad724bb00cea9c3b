import InterchangeBasics

extension Heatmap {
  /// One attention head's weights over its keys, the first query at the top.
  ///
  /// With causal attention a query has no weight for the keys after it: those cells are blank,
  /// whatever is given for them. The last query is at the last key; earlier keys may have no query,
  /// as in generation.
  ///
  /// - Parameters:
  ///   - weights: `[queries, keys]`, each row summing to 1; NaN is a weight not measured.
  ///   - queries: the tokens that attend.
  ///   - keys: the tokens that are attended to, when causal at least as many as queries.
  ///   - isCausal: true when a query attends only to its own and earlier positions.
  public init(
    attention weights: [[Double]], queries: [String], keys: [String], isCausal: Bool = true
  ) {
    require(
      !isCausal || keys.count >= queries.count,
      "Heatmap: expected at least \(queries.count) keys, one for a query, got \(keys.count)")
    var values = weights
    var blank: Set<Cell> = []
    if isCausal {
      let known = keys.count - queries.count
      for query in values.indices {
        for key in values[query].indices where key > query + known {
          values[query][key] = .nan
          blank.insert(Cell(row: query, column: key))
        }
      }
    }
    self.init(values: values, rowLabels: queries, columnLabels: keys)
    blankCells = blank
    rowOrder = .firstAtTop
    rowTitle = "query"
    columnTitle = "key"
    valueTitle = "attention"
    range = 0...1
    hasSquareCells = true
  }
}

extension HeatmapGrid {
  /// Several heads' weights over their keys, a panel a head, all on one scale.
  ///
  /// - Parameters:
  ///   - heads: each `[queries, keys]`, as for one head.
  ///   - titles: the heads' names.
  public init(
    attention heads: [[[Double]]], titles: [String], queries: [String], keys: [String],
    isCausal: Bool = true
  ) {
    require(
      heads.count == titles.count,
      "HeatmapGrid: expected \(titles.count) heads, one for a title, got \(heads.count)")
    self.init(
      panels: zip(heads, titles).map { weights, title in
        var panel = Heatmap(
          attention: weights, queries: queries, keys: keys, isCausal: isCausal)
        panel.title = title
        return panel
      })
  }
}
