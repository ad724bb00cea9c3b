import ArgumentParser
import Foundation
import Interchange

/// The next-token predictions that `predict` and `swap` print.
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
    Output.print(
      ResultTable(
        header: ["id", "token", "logit", "probability"],
        rows: top.map { prediction in
          [
            "\(prediction.id)", model.label(of: prediction.id),
            String(format: "%.3f", prediction.logit),
            ResultTable.number(prediction.probability.map(Double.init), "%.4f"),
          ]
        }))
  }
}
