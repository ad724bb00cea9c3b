import ArgumentParser
import Foundation
import Interchange

/// The next tokens, or a classifier's labels, that `predict` prints.
struct PredictionResult: Encodable {
  let ids: [Int]
  let top: [Prediction]

  func show(_ model: LanguageModel, json: Bool) throws {
    if json { return try Output.print(json: self) }
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
