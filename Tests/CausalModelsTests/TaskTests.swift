import InterchangeCausalModels
import Testing

@Suite("Single language tasks")
struct TaskTests {
  @Test("Agreement reads at the call site as documented")
  func callSite() throws {
    let task = SubjectVerbAgreement()
    let (train, test) = try task.counterfactuals(changing: .subjectNumber, count: 512, seed: 0)
      .split(disjoint: .nouns, seed: 0)
    #expect(train.count == 384)
    #expect(test.count == 128)
    for part in [train, test] {
      let plural = part.count { $0.label == " are" }
      #expect(plural == part.count / 2)
    }
  }

  @Test("Agreement: the sentence, its spans, and a balanced attractor")
  func agreement() throws {
    let task = SubjectVerbAgreement(frame: .bare)
    let data = try task.counterfactuals(changing: .subjectNumber, count: 512, seed: 1)
    var cells: [[Bool]: Int] = [:]
    for example in data {
      #expect(example.members(of: .nouns).count == 4)
      for prompt in [example.base, example.source] {
        let parts = ["subject", "preposition", "attractor"].compactMap(prompt.words(in:))
        #expect(prompt.text == "The \(parts[0]) \(parts[1]) the \(parts[2])")
        let plural = (parts[0].hasSuffix("s"), parts[2].hasSuffix("s"))
        #expect(prompt.answer == (plural.0 ? " are" : " is"))
        #expect(prompt.setting["attractorNumber"] == (plural.1 ? "plural" : "singular"))
        #expect(
          prompt.groups[.nouns]
            == [
              plural.0 ? String(parts[0].dropLast()) : parts[0],
              plural.1 ? String(parts[2].dropLast()) : parts[2],
            ])
      }
      #expect(example.base.words(in: "preposition") == example.source.words(in: "preposition"))
      let number = { (prompt: Prompt, name: String) in prompt.setting[name] == "plural" }
      cells[
        [
          number(example.base, "subjectNumber"), number(example.base, "attractorNumber"),
          number(example.source, "attractorNumber"),
        ], default: 0] += 1
    }
    #expect(cells.count == 8)
    #expect(cells.values.allSatisfy { $0 == 64 })
  }

  @Test("Agreement: nouns are many, different and regular")
  func nouns() {
    let nouns = SubjectVerbAgreement.nouns
    #expect(nouns.count >= 80)
    #expect(Set(nouns).count == nouns.count)
    for noun in nouns {
      let irregular = ["s", "x", "z", "y", "f", "o", "sh", "man"].contains(where: noun.hasSuffix)
      #expect(!irregular || ["toy", "boy", "key", "monkey", "chef"].contains(noun), "\(noun)")
    }
  }

  @Test("IOI: the repeated name is the subject, the other one the answer")
  func indirectObject() throws {
    let task = IndirectObjectIdentification()
    for prompt in try task.prompts(count: 200, seed: 0) {
      let words = { (span: String) in prompt.words(in: span) ?? "" }
      let (a, b, subject) = (words("name A"), words("name B"), words("subject repeat"))
      #expect(a != b)
      #expect(subject == a || subject == b)
      #expect(prompt.answer == " " + (subject == a ? b : a))
      #expect(prompt.text.hasSuffix("a \(words("object")) to"))
      #expect(prompt.text.contains("the \(words("place")), \(subject) "))
    }
  }

  @Test("IOI: swapping the position gives the base's other name")
  func subjectPosition() throws {
    let data = try IndirectObjectIdentification()
      .counterfactuals(changing: .subjectPosition, count: 128, seed: 1)
    for example in data {
      for span in ["name A", "name B"] {
        #expect(example.base.words(in: span) == example.source.words(in: span))
      }
      #expect(example.base.words(in: "subject repeat") == example.label.dropFirst().description)
      #expect(example.label == example.source.answer)
    }
    #expect(data.count { $0.base.setting["subjectPosition"] == "first" } == 64)
  }

  @Test("IOI: swapping the indirect object gives the source's, at any position")
  func names() throws {
    let data = try IndirectObjectIdentification()
      .counterfactuals(changing: .indirectObject, count: 128, seed: 2)
    for example in data {
      #expect(example.members(of: .names).count == 4)
      #expect(example.label == example.source.answer)
    }
    let positions = data.map {
      [$0.base, $0.source].map { $0.setting["subjectPosition"] == "first" }
    }
    for combination in [[true, true], [true, false], [false, true], [false, false]] {
      #expect(positions.count { $0 == combination } == 32)
    }
  }

  @Test("Capitals: the label is the source's capital")
  func capitals() throws {
    let task = CountryCapitals(frame: .bare)
    let france = try task.causalModel.answer(["country": "France"])
    #expect(france == " Paris")
    for example in try task.counterfactuals(changing: .country, count: 128, seed: 0) {
      let country = example.source.words(in: "country") ?? ""
      #expect(example.source.text == "The capital of \(country) is")
      #expect(example.label == (try task.causalModel.answer(["country": .string(country)])))
      #expect(example.members(of: .entities).count == 2)
    }
    #expect(Set(CountryCapitals.countries).count == CountryCapitals.countries.count)
  }

  @Test("Capitals: there are only so many prompts")
  func notEnough() throws {
    let task = CountryCapitals(frame: .bare)
    let count = CountryCapitals.countries.count
    #expect(Set(try task.prompts(count: count, seed: 0).map(\.text)).count == count)
    #expect(
      throws: CausalModelError.notEnoughExamples(
        task: "capitals", asked: count + 1, found: count)
    ) { try task.prompts(count: count + 1, seed: 0) }
  }

  @Test("Pronoun: names of different gender in one sentence")
  func pronoun() throws {
    let data = try GenderedPronoun().counterfactuals(changing: .gender, count: 256, seed: 0)
    for example in data {
      let names = [example.base, example.source].compactMap { $0.words(in: "name") }
      #expect(example.base.text.replacing(names[0], with: names[1]) == example.source.text)
      #expect(example.base.words(in: "relation") == example.source.words(in: "relation"))
    }
    #expect(data.count { $0.label == " she" } == 128)
    let model = try GenderedPronoun().causalModel
    #expect(try model.answer(["name": "Mary"]) == " she")
    #expect(try model.answer(["name": "John"]) == " he")
  }

  @Test("Tasks are found by their names")
  func registry() throws {
    let names = [
      "equality", "agreement", "ioi", "capitals", "pronoun", "greater-than", "mcqa", "addition",
      "binding",
    ]
    #expect(BuiltInTasks.names == names)
    #expect(try BuiltInTasks.languageModelTask(named: "ioi").changeNames.first == "subjectPosition")
    #expect(try BuiltInTasks.languageModelTask(named: "equality").changeNames.count == 4)
    #expect(try BuiltInTasks.vectorTask(named: "equality").changeNames.count == 4)
    #expect(throws: CausalModelError.unknownTask("agrement", known: BuiltInTasks.names)) {
      try BuiltInTasks.languageModelTask(named: "agrement")
    }
    let wrong = CausalModelError.wrongInputKind(
      task: "ioi", expected: "vector", known: ["equality"])
    #expect(throws: wrong) { try BuiltInTasks.vectorTask(named: "ioi") }
    #expect(
      wrong.description == "task 'ioi' has no vector inputs; expected one of equality")
  }

  @Test("An example checks its sources and its answers")
  func exampleErrors() throws {
    let model = try CausalModel([.input("x"), .input("y")], output: "x")
    let input = { (x: Int) in
      VectorInput(values: [Float(x)], setting: ["x": .int(x), "y": 0], answer: "\(x)")
    }
    func make(_ sources: [Int], _ variables: [String], _ answers: [String]) throws {
      _ = try CounterfactualExample(
        base: input(0), sources: sources.map(input), variables: variables, answers: answers,
        model: model)
    }
    try make([1], ["x"], ["0", "1"])
    #expect(throws: CausalModelError.labelNotAmongAnswers(label: "2", answers: ["0", "1"])) {
      try make([2], ["x"], ["0", "1"])
    }
    for (sources, variables) in [([], []), ([1], []), ([1], ["x", "y"]), ([1, 1], ["x", "x"])] {
      #expect(throws: CausalModelError.self) { try make(sources, variables, ["0", "1"]) }
    }
    #expect(throws: CausalModelError.self) { try make([1], ["z"], ["0", "1"]) }
  }
}
