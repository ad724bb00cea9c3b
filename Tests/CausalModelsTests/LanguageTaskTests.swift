import InterchangeCausalModels
import Testing

/// Properties of the tasks of two answers and one length, and of every change they have.
@Suite("Language tasks")
struct LanguageTaskTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let task: any CausalTask<Prompt>
    let change: String
    var testDescription: String { "\(task.name) \(change)" }
  }

  static let cases = tasks.flatMap { task in
    task.changeNames.map { Case(task: task, change: $0) }
  }
  static let tasks: [any CausalTask<Prompt>] = [
    SubjectVerbAgreement(), IndirectObjectIdentification(), CountryCapitals(), GenderedPronoun(),
    SubjectVerbAgreement(frame: .bare), CountryCapitals(frame: .bare),
  ]

  private func data(
    _ test: Case, count: Int = 256, seed: UInt64 = 0
  ) throws -> CounterfactualDataset<Prompt> {
    try test.task.counterfactuals(changing: test.change, count: count, seed: seed)
  }

  @Test("Every label is the graph's own answer to the interchange", arguments: cases)
  func labels(test: Case) throws {
    let model = try test.task.causalModel
    let data = try data(test)
    #expect(data.count == 256)
    #expect(data.task == test.task.name && data.changing == test.change)
    for example in data {
      let sources = Dictionary(
        uniqueKeysWithValues: zip(example.variables, example.sources.map(\.setting)))
      let outcome = try model.interchange(base: example.base.setting, sources: sources)
      #expect(example.label == outcome[model.output]?.description)
      #expect(example.answers[example.labelIndex] == example.label)
      for input in [example.base] + example.sources {
        #expect(input.answer == (try model.answer(input.setting)))
        #expect(example.answers.contains(input.answer))
      }
    }
  }

  @Test("Every interchange changes the answer, between two answers", arguments: cases)
  func changes(test: Case) throws {
    for example in try data(test) {
      #expect(example.changesAnswer)
      #expect(example.answers.count == 2)
      #expect(Set(example.answers).count == 2)
      #expect(example.answers.allSatisfy { $0.first == " " })
      if case .fixed(let answers) = test.task.answerKind { #expect(example.answers == answers) }
    }
  }

  @Test("Base and source are of one template and length, and the examples differ", arguments: cases)
  func shape(test: Case) throws {
    let data = try data(test)
    #expect(Set(data.examples).count == data.count)
    let words = { (prompt: Prompt) in prompt.text.split(separator: " ").count }
    for example in data {
      #expect(example.base.template == example.source.template)
      #expect(words(example.base) == words(example.source))
      #expect(words(example.base) == words(data[0].base), "one length for all of a task")
      #expect(example.base.spans.keys == example.source.spans.keys)
      #expect(!example.base.text.hasSuffix(" "))
    }
  }

  @Test("The group's members occur in the text, and splits share none", arguments: cases)
  func split(test: Case) throws {
    let data = try data(test)
    let (train, held) = try data.split(disjoint: test.task.group, seed: 7)
    let (trainMembers, heldMembers) = (
      train.members(of: test.task.group), held.members(of: test.task.group)
    )
    #expect(!trainMembers.isEmpty && !heldMembers.isEmpty)
    #expect(trainMembers.isDisjoint(with: heldMembers))
    #expect(train.splitRecord?.dropped == 0)
    #expect(train.count == 192)
    #expect(held.count == 64)
    for example in data {
      for input in [example.base, example.source] {
        for member in input.groups[test.task.group] ?? [] { #expect(input.text.contains(member)) }
      }
    }
    for member in heldMembers where test.task.name != "agreement" {
      // (Nouns have other nouns inside them: "bear" and "beard".)
      for example in train {
        let text = " \(example.base.text) \(example.source.text) "
        #expect(!text.contains(" \(member) "))
      }
    }
  }

  @Test("The seed decides, and decides again alike", arguments: cases)
  func determinism(test: Case) throws {
    #expect(try data(test, seed: 1).examples == data(test, seed: 1).examples)
    #expect(try data(test, seed: 1).examples != data(test, seed: 2).examples)
    let prompts = try test.task.prompts(count: 30, seed: 1)
    #expect(try test.task.prompts(count: 30, seed: 1) == prompts)
    #expect(try test.task.prompts(count: 30, seed: 2) != prompts)
  }

  @Test("Plain prompts are different and answered by the graph", arguments: cases)
  func prompts(test: Case) throws {
    let model = try test.task.causalModel
    let prompts = try test.task.prompts(count: 38, seed: 3)
    #expect(Set(prompts).count == 38)
    for prompt in prompts { #expect(prompt.answer == (try model.answer(prompt.setting))) }
  }

  @Test("512 examples, as a search wants them", arguments: cases)
  func enough(test: Case) throws {
    guard (test.task as? CountryCapitals)?.frame != .bare else { return }
    #expect(try data(test, count: 512).count == 512)
  }

  @Test("Counts that are out of reach throw", arguments: cases)
  func counts(test: Case) throws {
    for count in [0, -3] {
      #expect(throws: CausalModelError.invalidCount(count)) { try data(test, count: count) }
      #expect(throws: CausalModelError.invalidCount(count)) {
        try test.task.prompts(count: count, seed: 0)
      }
    }
    #expect(throws: CausalModelError.self) {
      try test.task.counterfactuals(changing: "tense", count: 5, seed: 0)
    }
  }
}
