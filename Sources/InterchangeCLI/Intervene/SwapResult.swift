import ArgumentParser
import Foundation
import Interchange

/// The outputs of base, patched base and, where there is one, the source that `swap` prints.
struct SwapResult: Encodable {
  private struct Touched: Encodable {
    let position: Int
    let token: String
  }

  private let ids: [Int]
  private let touched: [Touched]
  /// The patched base's, under the name that `predict` has for them.
  private let top: [Prediction]
  private let base: [Prediction]
  /// None where the intervention reads no other text, or several.
  private let source: [Prediction]?
  /// Those of several sources.
  private let sources: [[Prediction]]?
  private let outputs: [InterchangeComparison.Output]
  private let logitDifference: InterchangeComparison.Difference?

  /// - Parameter count: how many of the likeliest outputs of each run
  init(_ swap: TextIntervention, top count: Int, _ model: LanguageModel) throws {
    let compared = try swap.compared(top: count)
    ids = swap.base.ids
    var positions: [Int] = []
    for place in swap.positions.joined() where !positions.contains(place) {
      positions.append(place)
    }
    touched = positions.map {
      Touched(position: $0, token: model.tokenizer.token(swap.base.ids[$0]))
    }
    sources = swap.sources.count > 1 ? try swap.sourceOutputs(top: count) : nil
    (top, base) = (compared.patched, compared.base)
    source = swap.source == nil ? nil : compared.source
    (outputs, logitDifference) = (compared.outputs, compared.logitDifference)
  }

  func show(_ model: LanguageModel, json: Bool) throws {
    if json { return try Output.print(json: self) }
    func name(_ prediction: Prediction?) -> String {
      prediction.map { label($0.id, $0.token, model) } ?? ResultTable.nothing
    }
    Output.print(
      "patched: "
        + touched.map { "\($0.position) \(model.label(of: ids[$0.position]))" }
        .joined(separator: ", "))
    let isSame = top.first?.id == base.first?.id
    var answer =
      isSame ? "stays \(name(base.first))" : "\(name(base.first)) → \(name(top.first))"
    if let source { answer += "; the source’s is \(name(source.first))" }
    if let sources {
      let all = sources.map { name($0.first) }
      answer += "; the sources’ are " + all.joined(separator: ", ")
    }
    Output.print("answer: " + answer)
    if source == nil, let own = outputs.first(where: { $0.id == base.first?.id }) {
      Output.print(
        "logit of \(name(base.first)): "
          + String(format: "%.3f → %.3f", own.base.logit, own.patched.logit))
    }
    if let difference = logitDifference, let source {
      Output.print(
        "logit of \(name(source.first)) − \(name(base.first)): "
          + String(
            format: "%.3f → %.3f; source %.3f (%.0f %% of the way)", difference.base,
            difference.patched, difference.source, 100 * difference.share))
    }
    Output.print(table(model))
  }

  private func label(_ id: Int, _ token: String, _ model: LanguageModel) -> String {
    model.architecture.labels == nil ? model.label(of: id) : token
  }

  private func table(_ model: LanguageModel) -> ResultTable {
    let runs = source == nil ? ["base", "patched"] : ["base", "source", "patched"]
    func titles(_ what: String) -> [String] {
      ["\(what): \(runs[0])"] + runs.dropFirst() + ["change"]
    }
    return ResultTable(
      header: ["id", model.architecture.labels == nil ? "token" : "label"]
        + titles("logit") + titles("probability"),
      rows: outputs.map { output in
        let values = [output.base] + [output.source].compactMap(\.self) + [output.patched]
        return ["\(output.id)", label(output.id, output.token, model)]
          + values.map { String(format: "%.3f", $0.logit) }
          + [ResultTable.number(output.logitChange, "%+.3f")]
          + values.map { ResultTable.number($0.probability.map(Double.init), "%.4f") }
          + [ResultTable.number(output.probabilityChange, "%+.4f")]
      })
  }
}
