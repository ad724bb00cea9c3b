import Foundation
import InterchangeFigures
import InterchangeModels
import InterchangeReports

extension AttentionPatterns: RunResult {
  public static let kind = "attention"

  public var tables: [ResultTable] { [table()] }

  /// The largest attention of each head's last position.
  ///
  /// - Parameter count: how many tokens, at least one and at most all
  public func table(_ count: Int = 3) -> ResultTable {
    let count = min(max(1, count), keys.count)
    return ResultTable(
      "What the last position looks at.",
      note: "The share of the attention that each token gets there, the largest \(count).",
      header: ["head"] + (1...count).map { place in "\(place)." },
      rows: heads.map { head in
        let row = head.weights.last ?? []
        let order = row.indices.sorted { (row[$0], $1) > (row[$1], $0) }.prefix(count)
        return [head.name]
          + order.map { String(format: "%.2f ", row[$0]) + "\(keys[$0]) (\($0))" }
      })
  }

  /// A figure for each layer: its heads side by side, or the only one.
  public func figures() -> [NamedFigure] {
    let layers = Dictionary(grouping: heads, by: \.layer).sorted { $0.key < $1.key }
    return layers.map { layer, heads in
      NamedFigure((target == nil ? "" : "cross-") + "attention-\(layer)", figure(heads))
    }
  }

  private func figure(_ heads: [Head]) -> any Figure {
    heads.count > 1 ? HeatmapGrid(showing(heads)) : Heatmap(heads[0], in: self)
  }

  /// The same of some heads.
  func showing(_ heads: [Head]) -> AttentionPatterns {
    AttentionPatterns(
      text: text, target: target, tokens: tokens, sourceTokens: sourceTokens, isCausal: isCausal,
      heads: heads)
  }

  /// The word for it in a title.
  fileprivate var name: String { target == nil ? "Attention" : "Cross-attention" }

  /// The text, and what was written of it.
  fileprivate var texts: String {
    "“\(text)”" + (target.map { ", from “\($0)”" } ?? "")
  }

  /// The table and the patterns.
  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "attention", title: "What attention heads look at",
        parts: [
          .text(
            "Each row is a query, the position that looks; the colours of a row are its weights "
              + "and sum to 1. Text: \(texts)."), .table(table()), .drawn(figures()),
        ])
    ]
  }
}

extension RunResults {
  /// The result of `AttentionPatterns`.
  public var attention: AttentionPatterns? { self[AttentionPatterns.self] }
}

extension Heatmap {
  /// One head's pattern.
  public init(_ head: AttentionPatterns.Head, in patterns: AttentionPatterns) {
    self.init(
      attention: head.matrix, queries: patterns.tokens, keys: patterns.keys,
      isCausal: patterns.isCausal)
    (title, subtitle) = ("\(patterns.name) of head \(head.name)", patterns.texts)
  }
}

extension HeatmapGrid {
  /// The patterns of all heads, a panel a head.
  public init(_ patterns: AttentionPatterns) {
    self.init(
      attention: patterns.heads.map(\.matrix),
      titles: patterns.heads.map { "head \($0.name)" }, queries: patterns.tokens,
      keys: patterns.keys, isCausal: patterns.isCausal)
    let layers = Set(patterns.heads.map(\.layer)).sorted().map(String.init)
    title =
      "\(patterns.name) of layer" + (layers.count > 1 ? "s " : " ") + layers.joined(separator: ", ")
    subtitle = patterns.texts
  }
}

extension AttentionPatterns.Head {
  /// The weights as figures take them.
  public var matrix: [[Double]] { weights.map { $0.map(Double.init) } }
}
