import Foundation
import InterchangeCausalModels
import InterchangeDatasets
import Testing

private let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

/// The sets as they are distributed, which aren't kept here: a folder that INTERCHANGE_DATA names,
/// or one beside the project's.
private let data: URL =
  ProcessInfo.processInfo.environment["INTERCHANGE_DATA"].map { URL(filePath: $0) }
  ?? root.deletingLastPathComponent().appending(path: "../shared/data").standardized

private func isThere(_ path: String) -> Bool {
  FileManager.default.fileExists(atPath: data.appending(path: path).path)
}

/// The readers of published sets, on small files of their form.
@Suite("Published sets")
struct PublishedSetTests {
  private func path(_ name: String) -> String {
    root.appending(path: "Fixtures/published/\(name)").path
  }

  private func source<Source: PairSource>(_ name: String, _ type: Source.Type) throws -> Source {
    try #require(PairSources.named(path(name)) as? Source)
  }

  private func all(_ parts: PairParts) -> [TextPair] { parts.train + parts.test }

  private func words(_ text: SpannedText, _ span: String) -> String {
    text.spans[span].map { String(decoding: Array(text.text.utf8)[$0], as: UTF8.self) } ?? ""
  }

  @Test("RAVEL: the label is the source's attribute, or the base's own where it is isolated")
  func ravel() throws {
    let ravel = try source("ravel", RAVEL.self)
    #expect(ravel.name == "ravel-town" && ravel.attributes.count == 9)
    #expect(
      ravel.variables == ["Country", "Continent", "isolate Country", "isolate Continent"])
    let parts = try ravel.parts(PairWish(variable: "Country", count: 40))
    #expect(!parts.train.isEmpty && !parts.test.isEmpty)
    for pair in all(parts) {
      let (base, source) = (words(pair.base, "entity"), words(pair.sources[0], "entity"))
      let values = [base, source].compactMap { ravel.attributes[$0]?["Country"] }
      let space = pair.base.text.hasSuffix("\"") ? "" : " "
      #expect(pair.baseAnswer == space + values[0] && pair.label == space + values[1])
      #expect(values[0] != values[1] && pair.answers == values.map { space + $0 })
      #expect(
        pair.base.text.replacing(base, with: "%s")
          == pair.sources[0].text.replacing(source, with: "%s"))
    }
    // Published parts, of entities and of prompts.
    for pair in parts.train { #expect(ravel.entityParts[words(pair.base, "entity")] == .train) }
    for pair in parts.test {
      #expect(ravel.entityParts[words(pair.sources[0], "entity")] == .test)
      #expect(pair.base.text.hasPrefix("The country around"))
    }
    let isolated = try ravel.parts(PairWish(variable: "isolate Country", count: 20))
    for pair in all(isolated) {
      #expect(pair.label == pair.baseAnswer && pair.base.text.contains("continent"))
    }
    #expect(throws: CausalModelError.self) { try ravel.parts(PairWish(variable: "Mayor")) }
  }

  @Test("MoNLI: the source's words decide, under the base's negation")
  func monli() throws {
    let monli = try source("monli", MoNLI.self)
    #expect(
      monli.examples.mapValues(\.count) == ["nmonli_train": 4, "nmonli_test": 4, "pmonli": 6])
    let parts = try monli.parts(PairWish(count: 20))
    #expect(!parts.train.isEmpty && !parts.test.isEmpty)
    for pair in all(parts) {
      // All have a negation: no follows from yes of the words.
      #expect(pair.label != pair.baseAnswer && pair.sourceAnswers == [pair.label])
      #expect(words(pair.base, "premise").contains(words(pair.base, "premise word")))
    }
    #expect(
      parts.test.allSatisfy { !$0.base.text.contains("robin") && !$0.base.text.contains("sedan") })
    let positive = try source("monli/pmonli.jsonl", MoNLI.self)
    #expect(try !positive.parts(PairWish(count: 8)).train.isEmpty)
    #expect(positive.examples["pmonli"]?.allSatisfy { !$0.isNegated } == true)
  }

  @Test("CounterFact: both forms have the same facts", arguments: ["known", "counterfact"])
  func counterfact(name: String) throws {
    let set = try source("counterfact/\(name).json", CounterFact.self)
    #expect(set.facts.count == 20 && set.withoutSubject == (name == "known" ? 1 : 0))
    let parts = try set.parts(PairWish(count: 16))
    for pair in all(parts) {
      let subject = words(pair.sources[0], "subject")
      let fact = try #require(set.facts.first { $0.subject == subject })
      #expect(pair.label == " " + fact.attribute && pair.label != pair.baseAnswer)
    }
    let subjects = [parts.train, parts.test].map { part in
      Set(part.flatMap { [words($0.base, "subject"), words($0.sources[0], "subject")] })
    }
    #expect(subjects[0].isDisjoint(with: subjects[1]))
  }

  @Test("CausalGym: each task is a question")
  func causalGym() throws {
    let gym = try source("causalgym/data.json", CausalGym.self)
    #expect(gym.variables == ["animal_sound", "number"])
    let parts = try gym.parts(PairWish(variable: "number", count: 8))
    #expect(parts.variable == "number" && parts.train.count > 0 && parts.test.count > 0)
    for pair in all(parts) {
      #expect(pair.label == (words(pair.sources[0], "noun").hasSuffix("s") ? " are" : " is"))
      #expect(pair.answers == [" is", " are"] && pair.label != pair.baseAnswer)
    }
  }

  @Test("MIB's names: templates whose article doesn't fit are left out")
  func mibNames() throws {
    let source = try PairSources.named(path("mib-names"))
    #expect(source.variables == ["place_of_subject", "indirectObject"])
    let parts = try source.parts(PairWish(count: 32))
    for pair in all(parts) {
      #expect(!pair.base.text.contains(" an "))
      let names = ["name_A", "name_B"].map { words(pair.base, $0) }
      #expect(
        pair.label == " " + words(pair.base, "name_C") && names.contains(words(pair.base, "name_C"))
      )
    }
  }

  @Test("MIB's rows: the pointer takes base's letters, the answer the source's")
  func mibRows() throws {
    let rows = try source("mib-rows", MIBChoices.self)
    #expect(rows.rowCount == 12)
    #expect(
      rows.variables == [
        "pointer answerPosition", "answer answerPosition", "pointer randomLetter",
        "answer randomLetter",
      ])
    let pointer = try rows.parts(PairWish())
    #expect(pointer.dropped["of the development part"] == 2)
    for pair in all(pointer) { #expect(pair.label == pair.sourceAnswers[0]) }
    for pair in all(try rows.parts(PairWish(variable: "pointer randomLetter"))) {
      #expect(pair.label == pair.baseAnswer && pair.answers.count == 8)
    }
    for pair in all(try rows.parts(PairWish(variable: "answer randomLetter"))) {
      #expect(pair.label == pair.sourceAnswers[0] && pair.label != pair.baseAnswer)
    }
  }

  // MARK: As distributed

  /// The published numbers: 3552 cities; 1202 negated examples in parts of 1002 and 200, 1476 without
  /// a negation; 1209 known facts.
  @Test("RAVEL's cities as distributed", .enabled(if: isThere("ravel")))
  func realRavel() throws {
    let ravel = try #require(PairSources.named(data.appending(path: "ravel").path) as? RAVEL)
    #expect(ravel.attributes.count == 3552 && ravel.name == "ravel-city")
    #expect(ravel.entityParts.values.count { $0 == .train } == 1787)
    #expect(ravel.entityParts.values.count { $0 == .test } == 947)
    #expect(ravel.prompts.mapValues(\.count)["Country"] == 46)
    let parts = try ravel.parts(PairWish(variable: "Continent", count: 100))
    #expect(parts.train.count == 70 && parts.test.count == 30)
  }

  @Test("MoNLI as distributed", .enabled(if: isThere("monli")))
  func realMoNLI() throws {
    let monli = try #require(PairSources.named(data.appending(path: "monli").path) as? MoNLI)
    #expect(
      monli.examples.mapValues(\.count) == [
        "nmonli_train": 1002, "nmonli_test": 200, "pmonli": 1476,
      ])
    #expect(monli.examples["nmonli_train"]?.allSatisfy(\.isNegated) == true)
    #expect(monli.examples["pmonli"]?.allSatisfy { !$0.isNegated } == true)
  }

  @Test("CounterFact's known facts as distributed", .enabled(if: isThere("counterfact")))
  func realCounterFact() throws {
    let path = data.appending(path: "counterfact/known_1000.json").path
    let set = try #require(PairSources.named(path) as? CounterFact)
    #expect(set.facts.count + set.withoutSubject == 1209)
    #expect(try set.parts(PairWish(count: 200)).train.count == 140)
  }

  @Test("CausalGym and MIB's names as distributed", .enabled(if: isThere("causalgym")))
  func realQuestions() throws {
    let gym = try PairSources.named(data.appending(path: "causalgym/data.json").path)
    #expect(gym.variables.count == 5)
    for variable in gym.variables {
      #expect(try gym.parts(PairWish(variable: variable, count: 64)).train.count > 30)
    }
    let names = try PairSources.named(data.appending(path: "mib_ioi").path)
    for variable in names.variables {
      #expect(try names.parts(PairWish(variable: variable, count: 64)).train.count > 30)
    }
  }
}
