// LoReFT inside one direction: teach the model to answer in the plural, and look at what else
// changed.
//
//   swift run -c release interchange-example-tune-in-subspace MODEL LAYER

import Foundation
import Interchange

guard CommandLine.arguments.count == 3, let layer = Int(CommandLine.arguments[2]) else {
  print("usage: interchange-example-tune-in-subspace MODEL LAYER")
  exit(64)
}
let model = try LanguageModel(CommandLine.arguments[1])
let site = Site.blockOutput(layer, .last)
let task = SubjectVerbAgreement()

// The direction from singular to plural, from 64 sentences.
let prompts = try task.prompts(count: 64, seed: 0)
func activations(_ answer: String) throws -> Tensor {
  let inputs = prompts.filter { $0.answer == answer }.map { model.encode($0.text).input }
  return try model.activations(at: site, inputs, positions: inputs.map { [$0.length - 1] })
}
let direction = try Rotation.differenceOfMeans(from: activations(" is"), to: activations(" are"))

let adapted = try model.adapted(by: .loreft(in: direction.frozen), at: site)
var settings = FineTuningSettings()
settings.epochs = 5
let pairs = prompts.map { PromptCompletion(prompt: $0.text, completion: " are") }
let losses = try FineTuner(settings: settings).train(adapted, on: pairs).losses
print("\(adapted.parameterCount) parameters, \(losses.count) steps")
print(String(format: "loss %.3f -> %.3f", losses[0], losses[losses.count - 1]))

for text in ["We know that the key near the cabinet", "The capital of France is"] {
  let options = GenerationOptions(maximumTokens: 6)
  let before = try model.generate(text, options: options)
  let after = try adapted.generate(text, options: options)
  for (name, added) in [("before", before), ("after ", after)] {
    print("\(name): \(text)\(added)".replacing("\n", with: "⏎"))
  }
}
