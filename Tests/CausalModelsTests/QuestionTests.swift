import Foundation
import InterchangeCausalModels
import InterchangeDocuments
import Testing

@Suite("Questions")
struct QuestionTests {
  private let greater = """
    question: greater
    variables:
      a: {from: 1, to: 9}
      b: {from: 1, to: 9}
      greater: a > b
    where: a != b
    template: "Is {a} more than {b}? Answer:"
    answer: 'if greater then " yes" else " no"'
    change: greater
    """

  @Test("A comparison in nine lines: labels, balance and conditions")
  func comparison() throws {
    let question = try Question(yaml: greater)
    let data = try question.counterfactuals(changing: "greater", count: 128, seed: 0)
    for example in data {
      for input in [example.base, example.source] {
        guard case .int(let a)? = input.setting["a"], case .int(let b)? = input.setting["b"] else {
          Issue.record("no numbers")
          return
        }
        #expect(input.text == "Is \(a) more than \(b)? Answer:")
        #expect(input.words(in: "b") == "\(b)")
        #expect(a != b && input.answer == (a > b ? " yes" : " no"))
      }
      #expect(example.label == example.source.answer && example.changesAnswer)
      #expect(Set(example.answers) == [" yes", " no"])
    }
    // The changed variable is balanced by itself.
    #expect(data.count { $0.base.answer == " yes" } == 64)
    #expect(try question.causalModel.variables == ["a", "b", "greater", "answer"])
  }

  @Test("A question without a group keeps whole prompts apart")
  func prompts() throws {
    let data = try Question(yaml: greater).counterfactuals(changing: "greater", count: 60, seed: 1)
    let (train, test) = try data.split(disjoint: .prompts, seed: 0)
    #expect(train.members(of: .prompts).isDisjoint(with: test.members(of: .prompts)))
  }

  @Test(
    "Every built-in question is a document that can be read again, and the new ones are short",
    arguments: BuiltInTasks.questions.map(\.question))
  func builtIn(question: Question) throws {
    let again = try Question(yaml: question.document)
    #expect(again.name == question.name && again.changeNames == question.changeNames)
    let change = question.changeNames[0]
    #expect(
      try again.counterfactuals(changing: change, count: 40, seed: 3).examples
        == question.counterfactuals(changing: change, count: 40, seed: 3).examples)
    if ["greater-than", "mcqa", "addition", "binding"].contains(question.name) {
      #expect(question.document.split(separator: "\n").count <= 12)
    }
  }

  @Test("Addition: the carry of the source decides the first digit")
  func addition() throws {
    let data = try TwoDigitAddition().counterfactuals(changing: .carry, count: 100, seed: 0)
    for example in data {
      func numbers(_ prompt: Prompt) -> [Int] {
        ["a", "b"].compactMap { prompt.words(in: $0).flatMap(Int.init) }
      }
      let (base, source) = (numbers(example.base), numbers(example.source))
      func carries(_ pair: [Int]) -> Bool { pair[0] % 10 + pair[1] % 10 > 9 }
      #expect(example.base.answer == "\((base[0] + base[1]) / 10)")
      #expect(carries(base) != carries(source))
      #expect(example.label == "\(base[0] / 10 + base[1] / 10 + (carries(source) ? 1 : 0))")
    }
    #expect(data.count { example in example.base.setting["a"] != nil } == 100)
  }

  @Test("Binding: the place that is asked for, among the base's boxes")
  func binding() throws {
    let data = try EntityBinding().counterfactuals(changing: .asked, count: 64, seed: 0)
    for example in data {
      let boxes = ["box1", "box2"].compactMap(example.base.words(in:))
      #expect(boxes == ["box1", "box2"].compactMap(example.source.words(in:)))
      let isFirst = example.base.words(in: "thing") == example.base.words(in: "one")
      #expect(example.base.answer == " " + boxes[isFirst ? 0 : 1])
      #expect(example.label == " " + boxes[isFirst ? 1 : 0])
    }
    #expect(data.count { $0.base.setting["asked"] == "first" } == 32)
  }

  @Test("Equality: every combination of both equalities, from two sources")
  func equality() throws {
    let data = try EqualityOfWords().counterfactuals(changing: .bothEqual, count: 64, seed: 0)
    var cells: [[Bool]: Int] = [:]
    for example in data {
      let equal = ([example.base] + example.sources).map { prompt in
        let words = ["a", "b", "c", "d"].compactMap(prompt.words(in:))
        return [words[0] == words[1], words[2] == words[3]]
      }
      #expect(example.sources.count == 2)
      #expect((example.label == " yes") == (equal[1][0] == equal[2][1]))
      cells[equal[0], default: 0] += 1
    }
    #expect(cells.count == 4 && cells.values.allSatisfy { $0 == 16 })
  }

  @Test("The page's examples are read")
  func page() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(
      contentsOf: root.appending(path: "Documentation/Questions.md"), encoding: .utf8)
    func blocks(_ language: String) -> [String] {
      page.split(separator: "```\(language)\n").dropFirst().map {
        String($0.prefix(upTo: $0.range(of: "```")?.lowerBound ?? $0.endIndex))
      }
    }
    let documents = blocks("yaml")
    #expect(!documents.isEmpty)
    for text in documents {
      let question = try Question(yaml: text)
      #expect(
        try question.counterfactuals(changing: question.changeNames[0], count: 8, seed: 0).count
          == 8)
    }
    let pairs = blocks("json")
    #expect(!pairs.isEmpty)
    for text in pairs {
      let url = try PairFileTests.file(text + text)
      #expect(try PairFile(contentsOf: url).parts(PairWish()).train.count > 0)
      try FileManager.default.removeItem(at: url.deletingLastPathComponent())
    }
  }

  @Test("Numbers of classes, tables by number and by class, words of one's own")
  func forms() throws {
    let question = try Question(
      yaml: """
        tables:
          kindOf: {fruit: [apple, pear], tool: [saw, axe]}
          nameOf: {1: one, 2: two}
        variables:
          thing: {keys: kindOf}
          n: [1, 2]
          animal: {sound: {woof: [dog, hound], meow: [cat, tabby], moo: [cow, ox]}}
        words: {count: 'nameOf[n] + text(n)', The animal: capitalized(animal)}
        templates: ["{The animal} {count} {thing} {thing}:", "{{{count}}} {The animal} {thing}"]
        answer: '" " + sound + kindOf[thing]'
        change: {sound: {same: [thing, n]}, all: [sound, n]}
        group: {animals: animal}
        """)
    let data = try question.counterfactuals(changing: "sound", count: 60, seed: 0)
    for sound in [" woof", " meow", " moo"] {
      #expect(data.count { $0.base.answer.hasPrefix(sound) } == 20)
    }
    for example in data {
      #expect(example.base.words(in: "thing") == example.source.words(in: "thing"))
      #expect(["one1", "two2"].contains(example.base.words(in: "count") ?? ""))
      #expect(example.base.words(in: "The animal")?.first?.isUppercase == true)
    }
    #expect(throws: CausalModelError.self) {
      try question.counterfactuals(changing: "nothing", count: 4, seed: 0)
    }
  }

  @Test(
    "A fault names its line, its field and what to do",
    arguments: [
      (
        "greater: a > b", "greater: a > c",
        "line 5: variables.greater: 'a > c', column 5: no variable is named 'c'; expected one of a,"
          + " b; a text is in quotes inside the expression"
      ),
      (
        "change: greater", "change: greter",
        "line 9: change: no variable is named 'greter'; did you mean greater?"
      ),
      (
        "where: a != b", "were: a != b",
        "line 6: were: 'were' isn't understood; did you mean where?"
      ),
      (
        "{a} more", "{c} more",
        "line 7: template: the gap 'c' is no variable and isn't among 'words'; variables are a, b,"
          + " greater"
      ),
      (
        "change: greater", "change: greater\nanswers: [\" yes\"]",
        "line 10: answers: expected at least two different answers"
      ),
      (
        "a: {from: 1, to: 9}", "a: [1, two]",
        "line 3: variables.a: expected values of one type, found a text and a whole number; a number"
          + " in quotes is a text"
      ),
      (
        "greater: a > b", "greater: a > other\n  other: if greater then 1 else 2",
        "line 5: variables.greater: depends on itself, by way of 'greater', 'other'"
      ),
      (
        "where: a != b", "where: a + b",
        "line 6: where: expected a truth value, found a whole number"
      ),
      ("change: greater", "", "line 1: no 'change'"),
      (
        "a: {from: 1, to: 9}", "if: {from: 1, to: 9}",
        "line 3: variables.if: 'if' can't be a name; expected letters, digits and _, and none of the"
          + " words and, else, false, if, not, or, then, true"
      ),
      (
        "where: a != b", "balance: a + b",
        "line 6: balance: no variable is named 'a + b'; expected one of a, b, greater"
      ),
      ("  b: {from", "  a: {from", "line 3: the name 'a' occurs twice"),
    ])
  func faults(old: String, new: String, expected: String) {
    let text = greater.replacing(old, with: new)
    #expect {
      try Question(yaml: text)
    } throws: { error in
      let found = "\(error)".replacing("question: ", with: "")
      if found != expected { Issue.record("found: \(found)") }
      return found == expected
    }
  }

  @Test("A group with too few values, and too many balanced choices, are told")
  func limits() throws {
    let text = greater.replacing(
      "change: greater", with: "change: greater\ngroup: [a, b]\npools: 8")
    #expect {
      try Question(yaml: text).counterfactuals(changing: "greater", count: 4, seed: 0)
    } throws: { "\($0)".hasSuffix("the group has too few values for a base and its sources") }
    let names = (0..<40).map { "v\($0)" }
    let many =
      "variables: {\(names.map { "\($0): [x, y]" }.joined(separator: ", "))}\n"
      + "template: \"{v0}\"\nanswer: v0\nchange: v0\nbalance: [\(names.joined(separator: ", "))]"
    #expect { try Question(yaml: many) } throws: {
      "\($0)".contains("combinations of balanced values")
    }
  }

  @Test("Too few examples are told with their reason")
  func tooFew() throws {
    let text = greater.replacing("where: a != b", with: "where: a > 8 and b > 8")
    #expect {
      try Question(yaml: text).counterfactuals(changing: "greater", count: 4, seed: 0)
    } throws: { "\($0)".contains("found only 0; most draws were given up as") }
  }
}
