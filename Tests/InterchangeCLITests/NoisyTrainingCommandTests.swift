import Foundation
import InterchangeTestSupport
import Testing

/// The example of NEFTune's literature, `finetune --neftune` of OPT-350M on reviews, with every
/// method: on a tiny random model of that form, whose embeddings are projected and whose norms come
/// after.
@Suite struct NoisyTrainingCommandTests {
  private static let methods = [
    "loreft", "noreft", "consreft", "lobireft", "direft", "nodireft", "red", "lora",
    "serial-adapter", "parallel-adapter", "bitfit", "diff-pruning", "full", "prompt-tuning",
    "p-tuning", "prefix-tuning", "reft-r1",
  ]
  private static let reviews = [
    ("a fine film.", "good"), ("dull and slow.", "bad"), ("the best of it!", "good"),
    ("i left early.", "bad"),
  ]

  /// The loss before and after the training that a command tells of.
  private func losses(
    _ method: String, _ data: (name: String, text: String), _ more: [String] = []
  ) throws -> (before: Double, after: Double) {
    let place = try TemporaryFolder()
    _ = try ArchitectureFixtures.languageModel("opt-post-norm", in: place.url)
    let file = place.url.appending(component: data.name)
    try Data(data.text.utf8).write(to: file)
    // What is usual for large models is too little, or too much, for one of 2,000 weights.
    let choices =
      switch method {
      case "prompt-tuning", "p-tuning", "prefix-tuning": ["--tokens", "4"]
      case "diff-pruning": ["--keep", "0.2"]
      // From the start of seed 0 the steering goes to nothing, which is refused.
      case "reft-r1": ["--seed", "1"]
      default: [String]()
      }
    let result = try Program.run(
      [
        "finetune", place.url.appending(component: "opt-post-norm").path, "--data", file.path,
        "--method", method, "--neftune", "5", "--epochs", "40", "--batch", "2",
        "--learning-rate", "1e-2",
      ] + choices + more)
    try #require(result.status == 0, "\(method): \(result.errors)")
    let match = try #require(
      try #/loss (?<before>[0-9.]+) → (?<after>[0-9.]+)/#.firstMatch(in: result.output),
      "\(result.output)")
    return try (
      #require(Double(match.output.before)), #require(Double(match.output.after))
    )
  }

  @Test(arguments: methods)
  func texts(method: String) throws {
    let lines = Self.reviews.map { #"{"prompt": "review ", "completion": "\#($0.0)"}"# }
    let (before, after) = try losses(
      method, ("reviews.jsonl", lines.joined(separator: "\n") + "\n"))
    #expect(after < before, "\(method): \(before) to \(after)")
  }

  @Test(arguments: methods + ["probe"])
  func labels(method: String) throws {
    let lines = ["text,label"] + Self.reviews.map { "\($0.0),\($0.1)" }
    let (before, after) = try losses(
      method, ("reviews.csv", lines.joined(separator: "\n") + "\n"), ["--answers", "label"])
    #expect(after < before, "\(method): \(before) to \(after)")
  }
}
