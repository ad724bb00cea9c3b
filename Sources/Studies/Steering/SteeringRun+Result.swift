import Foundation
import InterchangeFineTuning
import InterchangeModels
import InterchangeReports

extension SteeringRun: RunResult {
  public static let kind = "steering"

  public var tables: [ResultTable] { table.map { [$0] } ?? [] }

  /// The length of each layer's vector and its order of unseen pairs; nil for given vectors.
  public var table: ResultTable? {
    guard let summaries, let pairs else { return nil }
    return ResultTable(
      header: ["layer", "norm", "of the stream's", "unseen pairs in order"],
      rows: summaries.map { summary in
        [
          "\(summary.layer)", String(format: "%.3f", summary.norm),
          String(format: "%.3f", summary.relativeNorm),
          summary.orderedPairs.map { "\($0)/\(pairs)" } ?? ResultTable.nothing,
        ]
      })
  }

  /// The vectors and their effect on a prompt.
  public var sections: [ReportSection] {
    let source = pairs.map { "found in \($0) contrast pairs by \(methodName)" } ?? "given"
    var parts: [ReportSection.Part] = [
      .text(
        "Vectors \(source) are added, times \(coefficient), at layers "
          + "\(LayerSelection.layers(layers))."
      )
    ]
    if let table { parts.append(.table(table)) }
    if let continuation {
      parts.append(
        .table(
          ResultTable(
            "A continuation.",
            header: ["", "text"],
            rows: [
              ["prompt", continuation.prompt], ["without the vectors", continuation.before],
              ["with them", continuation.after],
            ])))
    }
    return [
      ReportSection(
        kind: "steering", title: "Steering vectors", parts: parts,
        terms: table == nil ? [] : [.norm, .orderedPairs])
    ]
  }

  private var methodName: String {
    switch method {
    case .principalComponent: "the first principal component of differences"
    case .differenceOfMeans, nil: "the difference of means"
    }
  }
}

extension RunResults {
  /// The result of ``SteeringRun``.
  public var steering: SteeringRun? { self[SteeringRun.self] }
}

extension ReportTerm {
  fileprivate static let norm = ReportTerm(
    "Norm", order: 40,
    "The length of a layer’s vector, and its share of the mean length of the hidden vectors "
      + "that it was found in.")

  fileprivate static let orderedPairs = ReportTerm(
    "Unseen pairs in order", order: 41,
    "How many pairs have the positive text farther along the vector that was found in the "
      + "other pairs; a coin gets half of them.")
}
