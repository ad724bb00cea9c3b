import Foundation
import InterchangeBasics
import InterchangeCircuits
import InterchangeReports

extension DirectAttributionStudy: RunResult {
  public static let kind = "direct"

  public var tables: [ResultTable] { [sumTable, partTable(), headTable(), neuronTable()] }

  public var dataTables: [ResultTable] {
    func row(_ name: String, _ share: DirectAttribution.Share) -> [String] {
      [name, "\(share.mean)", "\(share.error)"]
    }
    let heads = attribution.heads.flatMap { layer in
      layer.shares.enumerated().map { row("head \(layer.layer).\($0)", $1) }
        + [row("output bias \(layer.layer)", layer.bias)]
    }
    return [
      ResultTable(
        header: ["part", "share", "standard error"],
        rows: attribution.parts.map { row($0.name, $0.share) } + heads
          + attribution.neurons.map { row("neuron \($0.name)", $0.share) })
    ]
  }

  /// The sum of all parts beside the logits of the run.
  public var sumTable: ResultTable {
    let of = attribution.softCap ? " (before the bound of the logits)" : ""
    return ResultTable(
      "The parts sum to the logits\(of).",
      note: "\(question), \(attribution.count == 1 ? "one text" : "\(attribution.count) pairs"). "
        + "The largest distance is that of a single one.",
      header: ["sum of all parts", "logits of the run\(of)", "largest distance"],
      rows: [
        [
          String(format: "%.4f", attribution.sum.mean),
          String(format: "%.4f", attribution.difference.mean),
          String(format: "%.1e", attribution.largestGap),
        ]
      ])
  }

  /// Every part of the stream in its order, with its size and its direction.
  ///
  /// - Parameter count: only the parts with so many of the largest shares; nil for all
  public func partTable(_ count: Int? = nil) -> ResultTable {
    let largest = attribution.parts.map { abs($0.share.mean) }.sorted(by: >)
    let least = count.map { $0 < largest.count ? largest[max(0, $0 - 1)] : 0 } ?? 0
    return ResultTable(
      "Shares of the parts.",
      note: "The norm of what each part adds to the stream, and the cosine of its angle with the "
        + "whole stream after the last block.",
      header: ["part", "share"] + errorHeader + ["norm", "cosine"],
      rows: attribution.parts.filter { abs($0.share.mean) >= least }.map { part in
        [part.name] + cells(part.share)
          + [
            part.norm.map { String(format: "%.1f", $0) } ?? ResultTable.nothing,
            part.cosine.map { String(format: "%.2f", $0) } ?? ResultTable.nothing,
          ]
      })
  }

  /// The heads with the largest shares.
  public func headTable(_ count: Int = 10) -> ResultTable {
    let all = attribution.heads.flatMap { layer in
      layer.shares.enumerated().map { (layer: layer.layer, head: $0, share: $1) }
    }
    let largest = all.sorted {
      (abs($0.share.mean), $1.layer, $1.head) > (abs($1.share.mean), $0.layer, $0.head)
    }.prefix(max(1, count))
    let sources = Dictionary(
      attribution.sources.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let hasSources = !tokens.isEmpty && !sources.isEmpty
    return ResultTable(
      "The heads with the largest shares.",
      note: hasSources ? "The source is the position whose value has most of the share." : "",
      header: ["head", "share"] + errorHeader + (hasSources ? ["largest source"] : []),
      rows: largest.map { head in
        let name = "\(head.layer).\(head.head)"
        return [name] + cells(head.share)
          + (hasSources ? [sources[name].map(largestSource) ?? ResultTable.nothing] : [])
      })
  }

  private func largestSource(_ sources: DirectAttribution.HeadSources) -> String {
    let places = sources.shares.indices
    guard let most = places.max(by: { abs(sources.shares[$0]) < abs(sources.shares[$1]) }),
      tokens.indices.contains(most)
    else { return ResultTable.nothing }
    return String(format: "%+.2f ", sources.shares[most]) + "\(tokens[most]) (\(most))"
  }

  /// The neurons with the largest shares.
  public func neuronTable(_ count: Int = 10) -> ResultTable {
    let left = attribution.expertLayers
    return ResultTable(
      "The neurons with the largest shares.",
      note: left.isEmpty
        ? "" : "Without the experts of layers \(left.map(String.init).joined(separator: ", ")).",
      header: ["neuron", "share"] + errorHeader,
      rows: attribution.neurons.prefix(max(1, count)).map { [$0.name] + cells($0.share) })
  }

  private var errorHeader: [String] { attribution.count > 1 ? ["standard error"] : [] }

  private func cells(_ share: DirectAttribution.Share) -> [String] {
    [String(format: "%+.3f", share.mean)]
      + (attribution.count > 1 ? [String(format: "%.3f", share.error)] : [])
  }

  public var sections: [ReportSection] {
    let cap =
      attribution.softCap
      ? " The logits are those before the bound that this model puts on them." : ""
    return [
      ReportSection(
        kind: "direct attribution", title: "What writes the answer",
        parts: [
          .text("\(question). \(tokens.isEmpty ? "Task" : "Text"): “\(subject)”.\(cap)"),
          .drawn(figures()), .table(sumTable), .table(headTable()), .table(neuronTable()),
        ] + (check.map { [.table($0.table)] } ?? []) + [.folded("All parts", [partTable()])],
        terms: [.direct])
    ]
  }

  public var measures: [RunMeasure] {
    [
      RunMeasure("logit difference", attribution.difference.mean),
      RunMeasure("largest distance of the sum", attribution.largestGap),
    ]
  }
}

extension RunResults {
  /// The result of ``DirectAttributionStudy``.
  public var direct: DirectAttributionStudy? { self[DirectAttributionStudy.self] }
}

extension ReportTerm {
  fileprivate static let direct = ReportTerm(
    "Direct share", order: 45,
    "What a part adds to the logits by itself, with the last norm’s scale as it was in the run: "
      + "not what it does by way of later parts. The shares of all parts sum to the logits.")
}
