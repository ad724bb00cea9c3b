import Foundation
import Interchange
import InterchangeTestSupport
import Testing

/// A small set of towns in RAVEL's form for a tiny random model.
///
/// A town's value is the one of two signs that the model prefers after it, and the signs are those
/// between which it wavers most: so there are towns of both that it knows.
struct RAVELTowns {
  static let attributes = ["letter", "digit"]
  private static let signs = [
    "letter": "abcdefghijklmnopqrstuvwxyz".map(String.init),
    "digit": "0123456789".map(String.init),
  ]
  /// A prompt that ends in a space is followed by the bare value.
  static let prompts: [(attribute: String, text: String, part: String)] = [
    ("letter", "a %s is ", "train"), ("letter", "so %s is ", "train"),
    ("letter", "oh %s is ", "test"), ("letter", "my %s is ", "test"),
    ("digit", "a %s has ", "train"), ("digit", "so %s has ", "train"),
    ("digit", "oh %s has ", "test"), ("digit", "my %s has ", "test"),
  ]

  let place: TemporaryFolder
  let model: LanguageModel
  let folder: URL
  let towns: [String]

  init() throws {
    place = try TemporaryFolder()
    model = try ArchitectureFixtures.languageModel("gpt2", in: place.url)
    folder = place.url.appending(component: "ravel")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var generator = RandomGenerator(seed: 3)
    var names: Set<String> = []
    while names.count < 120 {
      names.insert(
        String(
          (0..<4).map { _ in "bcdfghjklmnopqrstuvwxz".randomElement(using: &generator) ?? "b" }))
    }
    towns = names.sorted()
    try write()
  }

  /// The value of every town.
  private func values(of attribute: String) throws -> [String: String] {
    let prompts = Self.prompts.filter { $0.attribute == attribute }.map(\.text)
    let logits = try towns.map { town in
      try prompts.map { try self.logits(of: $0.replacing("%s", with: town)) }
    }
    let signs = Self.signs[attribute] ?? []
    let tokens = signs.map { model.tokenizer.encode($0, addingSpecialTokens: false)[0] }
    var best: (balance: Int, values: [String: String]) = (-1, [:])
    for first in signs.indices {
      for second in signs.indices.dropFirst(first + 1) {
        // The towns after which all prompts prefer the first, and the second.
        let votes = logits.map { prompts in
          prompts.count { $0[tokens[first]] > $0[tokens[second]] }
        }
        let balance = min(votes.count { $0 == prompts.count }, votes.count { $0 == 0 })
        guard balance > best.balance else { continue }
        best.balance = balance
        best.values = Dictionary(
          uniqueKeysWithValues: zip(towns, votes).map {
            ($0, signs[2 * $1 > prompts.count ? first : second])
          })
      }
    }
    return best.values
  }

  func logits(of text: String) throws -> [Float] {
    let request = model.network.measuring([model.encode(text).input])
    return try #require(try model.network.run(request).logits).elements
  }

  private func write() throws {
    let values = try Self.attributes.map { try self.values(of: $0) }
    let contents: [String: Any] = [
      "entity_attributes": Dictionary(
        uniqueKeysWithValues: towns.map { town in
          (
            town,
            Dictionary(
              uniqueKeysWithValues: zip(Self.attributes, values).map { ($0, $1[town] ?? "") })
          )
        }),
      "attribute_to_prompts": Dictionary(grouping: Self.prompts, by: \.attribute)
        .mapValues { $0.map(\.text) },
      "entity_to_split": Dictionary(
        uniqueKeysWithValues: towns.enumerated().map { ($1, $0 % 2 == 0 ? "train" : "test") }),
      "prompt_to_split": Dictionary(
        uniqueKeysWithValues: Self.prompts.map { ($0.text, $0.part) }),
    ]
    for (name, value) in contents {
      let url = folder.appending(component: "ravel_town_\(name).json")
      try JSONSerialization.data(withJSONObject: value).write(to: url)
    }
  }

  func pairs(
    _ ravel: RAVEL, change: (inout RAVELSampling) -> Void = { _ in }
  ) throws -> AttributePairs {
    var sampling = RAVELSampling()
    (sampling.entities, sampling.trainPairs, sampling.testPairs) = (60, 24, 16)
    change(&sampling)
    return try AttributePairs(ravel, attributes: Self.attributes, sampling: sampling, for: model)
  }

  func text(_ input: ModelInput) -> String {
    model.tokenizer.decode(input.tokenIDs ?? [])
  }

  /// The prompt and the town of a text.
  func parts(_ text: String) throws -> (attribute: String, part: String, town: String) {
    for prompt in Self.prompts {
      let sides = prompt.text.components(separatedBy: "%s")
      guard text.hasPrefix(sides[0]), text.hasSuffix(sides[1]) else { continue }
      let town = String(text.dropFirst(sides[0].count).dropLast(sides[1].count))
      if towns.contains(town) { return (prompt.attribute, prompt.part, town) }
    }
    throw AlignmentError.noExamples(reason: "no prompt of '\(text)'")
  }

  /// The accuracy of an attribute's pairs under a full swap, pair by pair.
  func plain(
    _ examples: [AttributeExample], _ attribute: String, _ aim: AttributeExample.Aim, _ site: Site
  ) throws -> (correct: Int, n: Int) {
    var (correct, n) = (0, 0)
    for example in examples where example.attribute == attribute && example.aim == aim {
      let pair = example.example
      let from = try #require(pair.sourceSpans[0]["entity"]).upperBound - 1
      let to = try #require(pair.baseSpans["entity"]).upperBound - 1
      let row = try model.network.activations(at: site, [pair.sources[0]], positions: [[from]])
      let edit = Edit(Cells(site, positions: [[to]])) { _ in row }
      let logits = try #require(
        try model.network.run(model.network.measuring([pair.base], edits: [edit])).logits
      ).elements
      let isRight = pair.answers.allSatisfy { $0 == pair.label || logits[$0] < logits[pair.label] }
      (correct, n) = (correct + (isRight ? 1 : 0), n + 1)
    }
    return (correct, n)
  }
}
