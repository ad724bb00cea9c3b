import Foundation

extension AttentionPatterns {
  /// A figure for each layer: its heads side by side, or the only one.
  func figures() -> [NamedFigure] {
    let layers = Dictionary(grouping: heads, by: \.layer).sorted { $0.key < $1.key }
    return layers.map { layer, heads in ("attention-\(layer)", figure(heads, layer: layer)) }
  }

  private func figure(_ heads: [Head], layer: Int) -> any Figure {
    let subtitle = "“\(text)”"
    guard heads.count > 1 else {
      var map = Heatmap(
        attention: heads[0].matrix, queries: tokens, keys: tokens, isCausal: isCausal)
      (map.title, map.subtitle) = ("Attention of head \(heads[0].name)", subtitle)
      return map
    }
    var grid = HeatmapGrid(
      attention: heads.map(\.matrix), titles: heads.map { "head \($0.name)" }, queries: tokens,
      keys: tokens, isCausal: isCausal)
    (grid.title, grid.subtitle) = ("Attention of layer \(layer)", subtitle)
    return grid
  }

  /// What each head's last position looks at most.
  ///
  /// - Parameter count: how many tokens
  public func table(_ count: Int = 3) -> ResultTable {
    ResultTable(
      "What the last position looks at.",
      note: "The share of the attention that each token gets there, the largest \(count).",
      header: ["head"] + (1...count).map { place in "\(place)." },
      rows: heads.map { head in
        let row = head.weights.last ?? []
        let order = row.indices.sorted { (row[$0], $1) > (row[$1], $0) }.prefix(count)
        let cells = order.map { String(format: "%.2f ", row[$0]) + "\(tokens[$0]) (\($0))" }
        let missing = Array(repeating: ResultTable.nothing, count: count - cells.count)
        return [head.name] + cells + missing
      })
  }

  /// The table and the patterns.
  var section: ReportSection {
    ReportSection(
      kind: "attention", title: "What attention heads look at",
      parts: [
        .text(
          "Each row is a query, the position that looks; the colours of a row are its weights and sum "
            + "to 1. Text: “\(text)”."), .table(table()), .drawn(figures()),
      ], terms: [])
  }
}

extension AttentionPatterns.Head {
  /// The weights as figures take them.
  public var matrix: [[Double]] { weights.map { $0.map(Double.init) } }
}
