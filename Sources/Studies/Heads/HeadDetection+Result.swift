import Foundation
import InterchangeBasics
import InterchangeCircuits
import InterchangeReports

extension HeadDetection: RunResult {
  public static let kind = "heads"

  /// The kinds of head with their names and what uniform attention would give.
  static let kinds: [(name: String, title: String, score: @Sendable (Head) -> Double?)] = [
    ("previous token", "Previous token", \.previous),
    ("duplicate token", "Duplicate token", \.duplicate), ("induction", "Induction", \.induction),
    ("copying", "Copying", \.copying),
  ]

  private var baselines: [Double?] {
    [uniform.previous, uniform.duplicate, uniform.induction, nil]
  }

  public var tables: [ResultTable] {
    [table()] + (composition.map { [$0.table, $0.pairTable()] } ?? [])
  }

  public var dataTables: [ResultTable] {
    [
      ResultTable(
        header: ["layer", "head", "previous", "duplicate", "induction", "copying"],
        rows: heads.map {
          [
            "\($0.layer)", "\($0.head)", "\($0.previous)", "\($0.duplicate)", "\($0.induction)",
            $0.copying.map { "\($0)" } ?? ResultTable.nothing,
          ]
        })
    ] + (composition.map { [$0.pairTable(.max)] } ?? [])
  }

  /// The heads with the largest scores of each kind.
  public func table(_ count: Int = 3) -> ResultTable {
    let count = min(max(1, count), heads.count)
    let scored = zip(Self.kinds, baselines).filter { $0.0.score(heads[0]) != nil }
    return ResultTable(
      "The heads by what they look at and what they write.",
      note: subject + " Attention to everything alike would give the second column."
        + (withoutWeights.map { " No scores by weights: \($0)." } ?? ""),
      header: ["kind", "uniform"] + (1...count).map { "\($0)." },
      rows: scored.map { kind, baseline in
        let ordered = heads.sorted {
          (kind.score($0) ?? 0, $1.layer, $1.head) > (kind.score($1) ?? 0, $0.layer, $0.head)
        }
        return [kind.name, baseline.map { String(format: "%.3f", $0) } ?? ResultTable.nothing]
          + ordered.prefix(count).map {
            "\($0.name) " + String(format: "%.2f", kind.score($0) ?? 0)
          }
      })
  }

  var subject: String {
    text.map { "Over the text “\($0)”." }
      ?? "Over \(sequences) sequences of \(length) tokens: random ones, and all of them once more."
  }

  public var sections: [ReportSection] {
    [
      ReportSection(
        kind: "heads", title: "What the heads do",
        parts: [.drawn(figures()), .table(table(5))]
          + (composition.map { [.table($0.table), .table($0.pairTable())] } ?? []),
        terms: [.detector, .copying] + (composition == nil ? [] : [.composition]))
    ]
  }

  public var measures: [RunMeasure] {
    Self.kinds.compactMap { kind in
      heads.compactMap(kind.score).max().map { RunMeasure("largest \(kind.name)", $0) }
    }
  }
}

extension HeadComposition {
  /// Each kind beside random heads.
  public var table: ResultTable {
    ResultTable(
      "Composition beside heads with random weights.",
      note: String(
        format: "A random rotation between two heads would leave 1/√width = %.4f.", rotated),
      header: ["kind", "mean", "random heads", "deviation"],
      rows: maps.map { map in
        [map.kind.rawValue]
          + [map.mean, map.randomMean, map.randomDeviation].map { String(format: "%.4f", $0) }
      })
  }

  /// The pairs with the largest scores of each kind.
  public func pairTable(_ count: Int = 5) -> ResultTable {
    ResultTable(
      "The pairs of heads that are composed most.",
      header: ["kind", "from", "to", "score"],
      rows: Kind.allCases.flatMap { kind in
        pairs.filter { $0.kind == kind }.prefix(max(1, count)).map {
          [
            kind.rawValue, "\($0.from[0]).\($0.from[1])", "\($0.to[0]).\($0.to[1])",
            String(format: "%.4f", $0.score),
          ]
        }
      })
  }
}

extension RunResults {
  /// The result of `HeadDetection`.
  public var heads: HeadDetection? { self[HeadDetection.self] }
}

extension ReportTerm {
  fileprivate static let detector = ReportTerm(
    "Induction score", order: 46,
    "The attention that a token pays, in the mean, to the token after its earlier copy (Olsson et "
      + "al. 2022); likewise to its copy itself (duplicate) and to the token before it (previous).")
  fileprivate static let copying = ReportTerm(
    "Copying score", order: 47,
    "The sum of the eigenvalues of a head’s map from tokens to logits over the sum of their sizes "
      + "(Elhage et al. 2021): 1 where it raises what it attends to, −1 where it lowers it.")
  fileprivate static let composition = ReportTerm(
    "Composition", order: 48,
    "How much of what an earlier head can write a later one reads as query, key or value, by "
      + "weights alone: the norm of the product of both maps over the product of their norms.")
}
