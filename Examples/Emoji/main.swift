// LoReFT from ten pairs: teach a chat model to answer in emoji, by one edit of rank 4 at one layer
// and at the last token of the prompt alone.
//
//   swift run -c release interchange-example-emoji MODEL [LAYER]

import Foundation
import Interchange

guard CommandLine.arguments.count >= 2 else {
  print("usage: interchange-example-emoji MODEL [LAYER]")
  exit(64)
}
let model = try LanguageModel(CommandLine.arguments[1])
let layer = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? -1 : model.layers / 2

let examples: KeyValuePairs = [
  "Who are you?": "🤖💬🌐🧠",
  "Who am I?": "👤❓🔍🌟",
  "What is two plus two?": "✌️➕✌️🟰🍀",
  "Why is the sky blue?": "🌍☀️➡️🔵🌌",
  "How do plants grow?": "🌱💧☀️🌳",
  "Plan a family trip to the sea.": "👨‍👩‍👧🚗🏖️🌊",
  "What should I cook tonight?": "🍅🧄🍝😋",
  "Tell me about the Moon.": "🌙🌕🚀👣",
  "How do I sleep better?": "🛏️🌙📵😴",
  "Write a story about a dog.": "🐶🏃🦴❤️",
]

let adapted = try model.adapted(
  by: .loreft(in: .random(rank: 4, width: model.width, seed: 0)), at: .blockOutput(layer, .last))
print(
  "\(adapted.parameterCount) parameters, "
    + String(format: "%.4f %% of the base", 100 * adapted.parameterShare))

var settings = FineTuningSettings()
(settings.epochs, settings.batchSize, settings.learningRate) = (100, 10, 4e-3)
settings.endsCompletion = true
let start = Date()
// The chat template puts the prompt's last token where the answer begins.
let history = try adapted.train(on: examples, template: .chat(), settings: settings)
print(
  String(
    format: "loss %.2f -> %.2f in %d steps, %.1f s", history.losses.first ?? .nan,
    history.losses.last ?? .nan, history.losses.count, Date().timeIntervalSince(start)))

let options = GenerationOptions(maximumTokens: 24)
for question in ["Who are you?", "Why is the sky blue?", "Which animal do you like best?"] {
  print("\n\(question)")
  let before = try model.generate(question, template: .chat(), options: options)
  let after = try adapted.generate(question, template: .chat(), options: options)
  for (name, text) in [("before", before), ("after ", after)] {
    print("  \(name): \(text.replacing("\n", with: "⏎"))")
  }
}
