// One interchange: what does the model say when, at one layer, one token's residual stream comes
// from another sentence?
//
//   swift run -c release interchange-example-swap MODEL

import Foundation
import Interchange

guard CommandLine.arguments.count == 2 else {
  print("usage: interchange-example-swap MODEL")
  exit(64)
}
let model = try LanguageModel(CommandLine.arguments[1])
let (base, source) = (
  "We know that the key near the cabinets", "We know that the keys near the cabinets"
)

for position in [Positions.index(4), .last] {
  for layer in [0, model.layers / 2, model.layers - 1] {
    let swap = try model.interchange(
      at: .blockOutput(layer, position), base: base, source: source)
    let token = model.label(of: swap.base.ids[swap.positions[0]])
    let answers = swap.top(3).map { model.label(of: $0.id) }
    print("layer \(layer), position \(position) (\(token)): \(answers.joined(separator: " "))")
  }
}
