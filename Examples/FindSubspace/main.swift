// DAS: which direction of the residual stream carries the subject's number?
//
//   swift run -c release example-find-subspace MODEL LAYER

import Foundation
import Interchange

guard CommandLine.arguments.count == 3, let layer = Int(CommandLine.arguments[2]) else {
  print("usage: example-find-subspace MODEL LAYER")
  exit(64)
}
let model = try LanguageModel(contentsOf: CommandLine.arguments[1])
let site = Site.blockOutput(layer, .last)
let store = ActivationStore(for: [site])
let data = try TaskData(task: "agreement", count: 128, for: model, store: store)

let search = DistributedAlignmentSearch(site: site, dimensions: 1)
let alignment = try search.fit(model.model, on: data.train.examples, store: store)
let report = try alignment.evaluate(
  on: data.test.examples, controls: [.selfSwap, .fullVector, .randomSubspaces, .shuffledSources])

for line in report.table().rows { print(line.joined(separator: "  ")) }
let change = report.control(.selfSwap)?.largestChange ?? .nan
print("a self-swap changes logits by \(change)")
