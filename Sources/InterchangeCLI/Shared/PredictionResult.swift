import ArgumentParser
import Foundation
import Interchange

/// The next tokens, or a classifier's labels, that `predict` and `swap` print.
struct PredictionResult: Encodable {
  struct Touched: Encodable {
    let position: Int
    let token: String
  }

  let ids: [Int]
  let top: [Prediction]
  var touched: [Touched]?

  func show(_ model: LanguageModel, json: Bool) throws {
    if json { return try Output.print(json: self) }
    if let touched {
      Output.print(
        "patched: " + touched.map { "\($0.position) \($0.token)" }.joined(separator: ", "))
    }
    let givesLabels = model.architecture.labels != nil
    Output.print(
      ResultTable(
        header: ["id", givesLabels ? "label" : "token", "logit", "probability"],
        rows: top.map { prediction in
          [
            "\(prediction.id)",
            givesLabels ? prediction.token : model.label(of: prediction.id),
            String(format: "%.3f", prediction.logit),
            ResultTable.number(prediction.probability.map(Double.init), "%.4f"),
          ]
        }))
  }
}
