// LoReFT from ten pairs: teach a chat model to answer in emoji, by one edit of rank 4 at one layer and at
// the last token of the prompt alone.
//
//   swift run -c release example-emoji MODEL [LAYER]

import Foundation
import Interchange

guard CommandLine.arguments.count >= 2 else {
  print("usage: example-emoji MODEL [LAYER]")
  exit(64)
}
let model = try LanguageModel(contentsOf: CommandLine.arguments[1])
let layers = model.model.architecture.layers
let layer = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? -1 : layers / 2

let examples = [
  ("Who are you?", "🤖💬🌐🧠"), ("Who am I?", "👤❓🔍🌟"),
  ("What is two plus two?", "✌️➕✌️🟰🍀"), ("Why is the sky blue?", "🌍☀️➡️🔵🌌"),
  ("How do plants grow?", "🌱💧☀️🌳"), ("Plan a family trip to the sea.", "👨‍👩‍👧🚗🏖️🌊"),
  ("What should I cook tonight?", "🍅🧄🍝😋"), ("Tell me about the Moon.", "🌙🌕🚀👣"),
  ("How do I sleep better?", "🛏️🌙📵😴"), ("Write a story about a dog.", "🐶🏃🦴❤️"),
].map { TaskExample(prompt: $0.0, completion: $0.1) }

// The chat template puts the prompt's last token where the answer begins.
let template = PromptTemplate.chat()
let tokens = try examples.enumerated().map { index, example in
  try TokenizedExample(
    example, index: index, template: template, tokenizer: model.tokenizer, endsCompletion: true)
}
let adapted = try AdaptedModel(
  model,
  [
    PlacedIntervention(
      ReFT(.loreft, rotation: try .random(rank: 4, width: model.model.architecture.width, seed: 0)),
      at: .blockOutput(layer, .last))
  ])
print(
  "\(adapted.parameterCount) parameters, "
    + String(format: "%.4f %% of the base", 100 * adapted.parameterShare))

var settings = FineTuningSettings()
(settings.epochs, settings.batchSize, settings.learningRate) = (100, 10, 4e-3)
let start = Date()
let history = try FineTuner(settings: settings).train(adapted, onTokens: tokens)
print(
  String(
    format: "loss %.2f -> %.2f in %d steps, %.1f s", history.losses.first ?? .nan,
    history.losses.last ?? .nan, history.losses.count, Date().timeIntervalSince(start)))

let options = GenerationOptions(
  maximumTokens: 24, stopTokens: try template.stopTokens(model.tokenizer))
for question in ["Who are you?", "Why is the sky blue?", "Which animal do you like best?"] {
  let prompt = try template.encode(
    TaskExample(prompt: question, completion: ""), by: model.tokenizer)
  let plain = try model.model.generate([prompt], options: options)[0]
  let tuned = try adapted.generate([prompt], options: options)[0]
  print("\n\(question)")
  for (name, ids) in [("before", plain), ("after ", tuned)] {
    let text = model.tokenizer.decode(ids, continuing: true).replacing("\n", with: "⏎")
    print("  \(name): \(text)")
  }
}
