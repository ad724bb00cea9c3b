import Foundation
import InterchangeCausalModels
import InterchangeDatasets
import Testing

private let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "Fixtures/published")

/// Lettered choices and their counterfactuals.
@Suite struct ChoiceQuestionTests {
  /// A prompt's letters, choices and the right place by its lines.
  private struct Lines {
    let letters: [String]
    let choices: [String]

    init(_ text: String) {
      let lines = text.split(separator: "\n").map(String.init)
      #expect(lines.first?.hasPrefix("Question: ") == true && lines.last == "Answer:")
      let own = lines.dropFirst().dropLast()
      letters = own.map { " " + $0.prefix(1) }
      choices = own.map { String($0.dropFirst(3)) }
    }
  }

  @Test("What each counterfactual changes, and which letter should come then")
  func counterfactuals() throws {
    let source = ChoiceQuestions.copiedColors
    #expect(source.questions.count == 264 && source.variables.count == 4)
    for variable in source.variables {
      let parts = try source.parts(PairWish(variable: variable, count: 100, seed: 1))
      #expect(parts.train.count + parts.test.count <= 100 && parts.test.count > 10)
      for pair in parts.train + parts.test {
        let (base, other) = (Lines(pair.base.text), Lines(pair.sources[0].text))
        let baseAnswer = try #require(pair.baseAnswer)
        let sourceAnswer = try #require(pair.sourceAnswers[0])
        let place = try #require(base.letters.firstIndex(of: baseAnswer))
        let sourcePlace = try #require(other.letters.firstIndex(of: sourceAnswer))
        // The answer's color is the one that the question tells.
        #expect(pair.base.text.contains(" is \(base.choices[place])."))
        #expect(base.choices[place] == other.choices[sourcePlace])
        #expect(Set(base.choices) == Set(other.choices))
        let moves = variable.contains("answerPosition")
        let renames = variable.contains("randomLetter")
        #expect((place != sourcePlace) == moves && base.letters == [" A", " B", " C", " D"])
        #expect(Set(base.letters).isDisjoint(with: other.letters) == renames)
        #expect(
          pair.label
            == (variable.hasPrefix("pointer") ? base.letters[sourcePlace] : sourceAnswer))
        #expect(pair.label != baseAnswer && pair.answers.contains(pair.label))
        #expect(pair.answers.count == (renames ? 8 : 4))
      }
    }
  }

  @Test("The same seed gives the same pairs, another one others")
  func seeds() throws {
    let source = ChoiceQuestions.copiedColors
    let wish = PairWish(count: 40, seed: 3)
    #expect(try source.parts(wish).train == source.parts(wish).train)
    #expect(
      try source.parts(wish).train != source.parts(PairWish(count: 40, seed: 4)).train)
  }

  @Test("LLM-Adapters' choices: four to a question, the file's parts")
  func adapters() throws {
    let path = fixtures.appending(path: "choices").path
    let source = try #require(PairSources.named(path) as? ChoiceQuestions)
    #expect(source.questions.count == 6 && source.dropped.values.reduce(0, +) == 1)
    let bird = try #require(source.questions.first { $0.text == "Which of these flies?" })
    #expect(bird.choices == ["a stone", "a fish", "a bird", "a chair"])
    #expect(bird.right == 2 && bird.part == .train)
    let parts = try source.parts(PairWish())
    #expect(parts.train.count == 4 && parts.test.count == 2)
    #expect(parts.variable == "pointer answerPosition" && parts.disjoint == "questions")
    let honey = try #require(parts.test.first { $0.base.text.contains("sweet") })
    #expect(
      honey.base.text
        == "Question: Which is sweet?\nA. salt\nB. honey\nC. sand\nD. ash\nAnswer:")
    #expect(honey.baseAnswer == " B")
  }

  @Test("Faulty files and questions are refused by name")
  func refusals() throws {
    func message(_ text: String) throws -> String {
      let file = FileManager.default.temporaryDirectory
        .appending(component: "choices-\(UUID().uuidString).json")
      defer { try? FileManager.default.removeItem(at: file) }
      try Data(text.utf8).write(to: file)
      var found = "nothing"
      do { _ = try PairSources.named(file.path) } catch { found = "\(error)" }
      return found
    }
    let ask = #""instruction": "the question: Which? Answer1: a Answer2: b""#
    #expect(try message("[{\(ask), \"answer\": \"answer3\"}]").contains("answer1 to answer2"))
    #expect(try message("[{\(ask), \"answer\": \"b\"}]").contains("[1].answer"))
    #expect(try message("[{\(ask)}]").contains("[1].answer"))
    #expect(
      try message(#"[{"instruction": "Answer1: a", "answer": "answer1"}]"#)
        .contains("expected a question"))
    #expect(throws: CausalModelError.self) { try ChoiceQuestions("none", []) }
    #expect(throws: CausalModelError.self) {
      try ChoiceQuestions("two alike", [.init("Which?", choices: ["a", "a"], right: 0)])
    }
    #expect(throws: CausalModelError.self) {
      try ChoiceQuestions.copiedColors.parts(PairWish(variable: "color"))
    }
  }

  @Test("MIB's tasks by their names, and of files")
  func tasks() throws {
    #expect(MIBTask.names == ["mcqa", "arc", "arithmetic", "ioi"])
    #expect(MIBTask.builtIn == ["mcqa", "arithmetic", "ioi"])
    let mcqa = try MIBTask(parsing: "mcqa")
    #expect(mcqa.title == "MCQA" && mcqa.source.name == "copied-colors")
    #expect(mcqa.variables.map { $0.prefix { $0 != " " } } == ["pointer", "answer"])
    #expect(try MIBTask(parsing: "ioi").variables == ["subjectPosition", "indirectObject"])
    let names = fixtures.appending(path: "mib-names").path
    #expect(
      try MIBTask(parsing: "ioi=\(names)").variables == ["place_of_subject", "indirectObject"])
    let choices = fixtures.appending(path: "choices").path
    #expect(try MIBTask(parsing: "arc=\(choices)").variables.count == 2)
    #expect(try MIBTask(parsing: "mine=\(choices)").variables.count == 4)
    #expect(throws: CausalModelError.self) { try MIBTask(parsing: "arc") }
    #expect(throws: CausalModelError.self) { try MIBTask(parsing: "mine") }
    #expect(throws: CausalModelError.self) { try MIBTask(parsing: "arithmetic=\(choices)") }
    #expect(throws: CausalModelError.self) {
      try MIBTask("mine", source: ChoiceQuestions.copiedColors, variables: ["color"])
    }
  }
}
