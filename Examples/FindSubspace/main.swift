// DAS: which direction of the residual stream carries the subject's number?
//
//   swift run -c release interchange-example-find-subspace MODEL LAYER

import Foundation
import Interchange

guard CommandLine.arguments.count == 3, let layer = Int(CommandLine.arguments[2]) else {
  print("usage: interchange-example-find-subspace MODEL LAYER")
  exit(64)
}
let model = try LanguageModel(CommandLine.arguments[1])
let site = Site.blockOutput(layer, .last)
let store = ActivationStore(for: [site])
let data = try TaskData(SubjectVerbAgreement(), count: 128, for: model, store: store)

let alignment = try model.align(site, dimensions: 1, on: data.train, store: store)
let report = try alignment.evaluate(
  on: data.test, controls: [.selfSwap, .fullVector, .randomSubspaces, .shuffledSources])

print(report.table().aligned)
let change = report.control(.selfSwap)?.largestChange ?? .nan
print("a self-swap changes logits by \(change)")
