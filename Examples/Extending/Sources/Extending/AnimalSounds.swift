import Interchange

/// A task from a template: "outside the puppy says" → " woof".
struct AnimalSounds: CausalTask {
  enum Change: String, CausalChange {
    /// The kind of the animal: a dog or a cat.
    case kind
  }

  static let kinds = [
    "woof": ["dog", "puppy", "hound", "terrier"], "meow": ["cat", "kitten", "tabby", "siamese"],
  ]
  static let places = ["outside", "inside", "here", "there", "today", "often"]
  static let answers = [" woof", " meow"]

  let name = "animal-sounds"
  let summary = "Animal sounds: outside the puppy says -> woof"
  let answerKind = AnswerKind.fixed(Self.answers)
  let group = GroupKind.nouns

  var causalModel: CausalModel {
    get throws {
      var kinds: [CausalValue: CausalValue] = [:]
      for (sound, animals) in Self.kinds {
        for animal in animals { kinds[.string(animal)] = .string(sound) }
      }
      return try CausalModel(
        [
          .input("animal", values: Array(kinds.keys)), .table("kind", of: "animal", kinds),
          .table("sound", of: "kind", ["woof": " woof", "meow": " meow"]),
        ], output: "sound")
    }
  }

  func inputs(count: Int, seed: UInt64) throws -> [Prompt] {
    try counterfactuals(changing: .kind, count: count, seed: seed).map(\.base)
  }

  func counterfactuals(
    changing change: Change, count: Int, seed: UInt64
  ) throws -> CounterfactualDataset<Prompt> {
    let model = try causalModel
    let template = try Template("{place} the {animal} says")
    func prompt(_ place: String, _ animal: String) throws -> Prompt {
      try template.prompt(
        ["place": place, "animal": animal], setting: ["animal": .string(animal)], model: model,
        groups: [.nouns: [animal]])
    }
    var generator = SplitMix64(seed: seed)
    // Two pools of words, so that a split by nouns drops nothing.
    let plan = DrawPlan(task: name, choices: 1, pools: 2)
    let examples = try plan.draw(count, using: &generator) { slot, generator in
      let place = Self.places.randomElement(using: &generator)!
      let animals = ["woof", "meow"].map { sound in
        Self.kinds[sound]![2 * slot.pool + Int.random(in: 0..<2, using: &generator)]
      }
      let (base, source) = slot.choice(0) ? (animals[0], animals[1]) : (animals[1], animals[0])
      return try CounterfactualExample(
        base: prompt(place, base), sources: [prompt(place, source)], variables: change.variables,
        answers: Self.answers, model: model)
    }
    return CounterfactualDataset(task: name, changing: change.rawValue, examples: examples)
  }
}
