// Extensions of Interchange from outside the package, each in a file of its own: an architecture,
// an intervention, a method, a task, a study. Every claim below is checked; a false one ends the
// program with exit code 1.
//
//   cd Examples/Extending && swift run

import Foundation
import Interchange

func check(_ holds: Bool, _ claim: String) {
  print(holds ? "✓" : "✗", claim)
  if !holds { exit(1) }
}

let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
defer { try? FileManager.default.removeItem(at: folder) }

// One call for each.
ModelFamilies.register(MixerFamily.self)
try StorableInterventions.register(Gain.self)
try AdapterMethods.register(GainMethod.self)
RunResults.register(StreamNorms.self)

// An architecture with its family and tokenizer.
var sounds: [String: String] = [:]
for (sound, animals) in AnimalSounds.kinds { for animal in animals { sounds[animal] = sound } }
let modelFolder = folder.appending(component: "mixer")
try MixerFamily.write(
  sounds: sounds, otherWords: AnimalSounds.places + ["the", "says"], to: modelFolder)
let model = try LanguageModel(contentsOf: modelFolder)
let swap = try model.interchange(
  at: .blockInput(0, .index(2)), base: "outside the puppy says", source: "outside the kitten says")
check(swap.top(1)[0].token == "meow", "a mixer reads its folder, and a swap changes its answer")

// A task from a template: pairs, a sweep, a search with its controls.
let data = try TaskData(AnimalSounds(), count: 64, for: model)
let sweep = try model.sweep(data.train)
check(
  sweep.result.cells[0].map(\.value) == [0, 0, 0, 1] && data.train.check.droppedUnsolved == 0,
  "the kind is at the last token after the first block")
var settings = AlignmentSettings()
(settings.epochs, settings.learningRate, settings.patience) = (60, 3e-2, 60)
let alignment = try model.align(
  .blockOutput(0, .last), dimensions: 1, on: data.train, settings: settings)
let report = try alignment.evaluate(on: data.test)
check(
  report.test.value == 1 && report.control(.selfSwap)?.largestChange == 0,
  "one dimension carries it: \(report.test.summary)")

// A method with an option and a range; its intervention trained, saved and loaded.
var gains = AdapterConfiguration(method: "gain")
try gains.set("gain", to: "2")
let space = try MethodSpace(parsing: "gain")
check(space.axes.map(\.key) == ["gain", "rate"], "a search varies \(space.axes.map(\.key))")
do {
  try gains.set("gain", to: "-1")
  check(false, "a gain below 0 is refused")
} catch {
  check("\(error)" == "gain: expected above 0, found -1.0", "\(error)")
}
let tuned = try model.adapted(by: gains)
let history = try tuned.train(on: ["here the dog says": " meow"])
check(history.losses.last! < history.losses[0], "gains are trained")
let saved = folder.appending(component: "gains")
try tuned.write(to: saved)
let loaded = try AdaptedModel(contentsOf: saved.path, base: model)
let prompt = [model.encode("here the dog says").ids]
check(
  try loaded.lastLogits(prompt).elements == tuned.lastLogits(prompt).elements,
  "and loaded as they were saved")

// An intervention without a file form is refused by an error.
final class Doubling: Intervention {
  var name: String { "doubling" }
  var sourceCount: Int { 0 }
  var parameters: [Parameter] { [] }
  func callAsFunction(_ base: Tensor, sources: [Tensor]) -> Tensor { 2 * base }
}
do {
  try model.adapted(by: Doubling(), at: .blockOutput(0, .last)).write(to: saved)
  check(false, "doubling has no file form")
} catch {
  check("\(error)".hasPrefix("doubling can't be written"), "\(error)")
}

// A study with a table, a figure and a section.
let norms = try StreamNorms("outside the puppy says", in: model)
let record = RunRecord(
  command: "extending", arguments: [], model: nil, seed: 0, started: Date(),
  results: RunResults(norms))
let files = try record.write(to: folder.appending(component: "run"))
let read = try RunRecord(folder: folder.appending(component: "run"))
check(
  files.map(\.lastPathComponent) == ["run.json", "stream-norms.png"]
    && read.results[StreamNorms.self]?.norms == norms.norms, "a record holds the study's numbers")
check(
  try RunReport(read).html().contains("The length of the residual stream"),
  "and its page shows them")
print(norms.tables[0].aligned)
