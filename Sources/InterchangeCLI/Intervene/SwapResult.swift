import ArgumentParser
import Foundation
import Interchange

/// The outputs of base, source and patched base that `swap` prints.
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
  private let source: [Prediction]
  private let outputs: [InterchangeComparison.Output]
  private let logitDifference: InterchangeComparison.Difference?

  init(_ swap: TextInterchange, _ compared: InterchangeComparison, _ model: LanguageModel) {
    ids = swap.base.ids
    touched = swap.positions.map {
      Touched(position: $0, token: model.tokenizer.token(swap.base.ids[$0]))
    }
    (top, base, source) = (compared.patched, compared.base, compared.source)
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
    Output.print(
      "answer: "
        + (isSame ? "stays \(name(base.first))" : "\(name(base.first)) → \(name(top.first))")
        + "; the source’s is \(name(source.first))")
    if let difference = logitDifference {
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
    func signed(_ value: Double?, _ format: String) -> String { ResultTable.number(value, format) }
    return ResultTable(
      header: ["id", model.architecture.labels == nil ? "token" : "label"]
        + ["logit: base", "source", "patched", "change"]
        + ["probability: base", "source", "patched", "change"],
      rows: outputs.map { output in
        let runs = [output.base, output.source, output.patched]
        return ["\(output.id)", label(output.id, output.token, model)]
          + runs.map { String(format: "%.3f", $0.logit) }
          + [signed(output.logitChange, "%+.3f")]
          + runs.map { ResultTable.number($0.probability.map(Double.init), "%.4f") }
          + [signed(output.probabilityChange, "%+.4f")]
      })
  }
}
