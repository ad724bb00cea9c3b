import Foundation
import InterchangeCausalModels
import InterchangeDatasets
import Testing

@Suite("Files of pairs")
struct PairFileTests {
  /// A file of this text, which goes with the test's folder.
  static func file(_ text: String, _ name: String = "own.jsonl") throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(component: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let url = folder.appending(component: name)
    try Data(text.utf8).write(to: url)
    return url
  }

  private func read(_ text: String, _ name: String = "own.jsonl") throws -> PairFile {
    let url = try Self.file(text, name)
    defer { try? FileManager.default.removeItem(at: url.deletingLastPathComponent()) }
    return try PairFile(contentsOf: url)
  }

  private static let two = """
    {"base": "The key", "source": "The keys", "label": " are", "base_label": " is", "n": 1}
    {"base": "The cats", "source": "The cat", "label": " is", "source_label": [" is"]}

    """

  @Test("Three fields are enough; answers are the labels seen")
  func lines() throws {
    let parts = try read(Self.two).parts(PairWish(trainShare: 0.5))
    let pairs = (parts.train + parts.test).sorted { $0.base.text < $1.base.text }
    #expect(parts.train.count == 1 && parts.test.count == 1 && parts.disjoint == "nothing")
    #expect(pairs[1].base.text == "The key" && pairs[1].sources[0].text == "The keys")
    #expect(pairs[1].label == " are" && pairs[1].baseAnswer == " is")
    #expect(pairs[1].sourceAnswers == [nil] && pairs[0].sourceAnswers == [" is"])
    #expect(pairs.allSatisfy { $0.answers.sorted() == [" are", " is"] })
    #expect(parts.notes.contains { $0.hasSuffix("not used: n") })
  }

  @Test("CSV is the same file")
  func table() throws {
    let csv = """
      base,source,label,group,spans
      "The key, here",The keys," are",key,"{""noun"": [""key"", ""keys""]}"
      The cats,The cat," is",cat,
      """
    let parts = try read(csv, "own.csv").parts(PairWish(trainShare: 0.5))
    #expect(parts.disjoint == "groups")
    let pair = try #require((parts.train + parts.test).first { $0.label == " are" })
    #expect(pair.base.text == "The key, here")
    #expect(pair.base.spans == ["noun": 4..<7] && pair.sources[0].spans == ["noun": 4..<8])
  }

  @Test("Spans by words, by offsets in characters, for several sources")
  func spans() throws {
    let line = """
      {"base": "Señor Zoë is", "source": ["Señor Al is", "Zoë is"], "label": " x", "answers": [" x", " y"],
       "spans": {"name": ["Zoë", [6, 8], "Zoë"], "verb": "is", "all": {"base": [0, 5], "source": [[0, 5], [0, 3]]}}}
      """.replacing("\n", with: " ")
    let pair = try read(
      line + "\n"
        + line.replacing("Zoë is", with: "Zoé is").replacing("\"Zoë\"]", with: "\"Zoé\"]")
        .replacing("[\"Zoë\", [6", with: "[\"Zoé\", [6")
    )
    .parts(PairWish(trainShare: 0.5)).train[0]
    #expect(pair.base.spans == ["name": 7..<11, "verb": 12..<14, "all": 0..<6])
    #expect(pair.sources[0].spans == ["name": 7..<9, "verb": 10..<12, "all": 0..<6])
    #expect(pair.sources[1].spans["name"] == 0..<4)
  }

  @Test("Parts of the file's own; what is in both is left out, and told")
  func parts() throws {
    func line(_ index: Int, _ split: String, _ group: String) -> String {
      #"{"base": "b\#(index)", "source": "s", "label": " \#(index % 2)", "split": "\#(split)", "group": "\#(group)"}"#
    }
    let text = [
      line(0, "train", "a"), line(1, "train", "b"), line(2, "test", "c"), line(3, "test", "a"),
      line(4, "validation", "d"), line(5, "test", "e"),
    ].joined(separator: "\n")
    let parts = try read(text).parts(PairWish())
    #expect(parts.train.map(\.base.text) == ["b0", "b1"])
    #expect(parts.test.map(\.base.text) == ["b2", "b5"])
    #expect(parts.dropped == ["groups in both parts": 1, "of the development part": 1])
  }

  @Test("Groups aren't shared, and fewer pairs can be asked for")
  func groups() throws {
    let text = (0..<60).map {
      #"{"base": "b\#($0)", "source": "s", "label": " \#($0 % 2)", "group": ["g\#($0 / 6)"]}"#
    }.joined(separator: "\n")
    let file = try read(text)
    let all = try file.parts(PairWish(seed: 3))
    func groups(_ pairs: [TextPair]) -> Set<Int> {
      Set(pairs.compactMap { Int($0.base.text.dropFirst()).map { $0 / 6 } })
    }
    #expect(all.train.count + all.test.count == 60 && all.train.count == 42)
    #expect(groups(all.train).isDisjoint(with: groups(all.test)))
    let few = try file.parts(PairWish(count: 20, seed: 3))
    #expect(few.train.count + few.test.count <= 20)
    #expect(few.dropped["more than were asked for"] == 40)
    #expect(try file.parts(PairWish(seed: 3)).train == all.train)
  }

  @Test("Variables: the first is the usual one")
  func variables() throws {
    let text = (0..<12).map {
      #"{"base": "b\#($0)", "source": "s", "label": " \#($0 % 3)", "variable": "v\#($0 % 2)"}"#
    }.joined(separator: "\n")
    let file = try read(text)
    #expect(file.variables == ["v0", "v1"])
    let parts = try file.parts(PairWish(variable: "v1"))
    #expect(parts.train.count + parts.test.count == 6 && parts.dropped["of other variables"] == 6)
    #expect(throws: CausalModelError.unknownChange("v2", task: "own", known: ["v0", "v1"])) {
      try file.parts(PairWish(variable: "v2"))
    }
  }

  @Test("An unbalanced file and labels without a space are told")
  func warnings() throws {
    let text = (0..<20).map {
      #"{"base": "The key", "source": "s", "label": "\#($0 == 0 ? "is" : "are")", "base_label": "are"}"#
    }.joined(separator: "\n")
    let notes = try read(text).parts(PairWish()).notes
    #expect(
      notes.contains {
        $0.hasSuffix(
          "unbalanced: \"are\" 19, \"is\" 1; always saying \"are\" would be right in 95 % of the pairs"
        )
      })
    #expect(notes.contains { $0.hasSuffix("in 19 of 20 pairs the label is the base's own answer") })
    #expect(
      notes.contains {
        $0.hasSuffix(
          "the label \"is\" has no space before it, so it reads \"The keyis\"")
          || $0.hasSuffix("the label \"are\" has no space before it, so it reads \"The keyare\"")
      })
  }

  @Test(
    "A fault names its line and helps",
    arguments: [
      (
        "{\"prompt\": \"a\", \"source\": \"b\", \"label\": \"c\"}",
        "line 1: no 'base'; expected base, source, label, found label, prompt, source"
      ),
      (
        "{\"bsae\": \"a\", \"source\": \"b\", \"label\": \"c\"}",
        "line 1: no 'base'; expected base, source, label, found bsae, label, source; is 'bsae' the base?"
      ),
      (
        "{\"base\": \"a\", \"source\": \"b\", \"label\": \"c\", \"base_lable\": \"d\"}",
        "line 1: 'base_lable' has no meaning; did you mean 'base_label'?"
      ),
      (
        "{\"base\": \"a\", \"source\": \"b\", \"label\": \"c\"}",
        "line 1: expected at least two answers to compare, found only \"c\" in the whole file; add a"
          + " column 'answers'"
      ),
      (
        "{\"base\": \"a\", \"source\": \"b\", \"label\": \"c\", \"answers\": [\"d\", \"e\"]}",
        "line 1: the label \"c\" is none of the answers \"d\", \"e\""
      ),
      (
        two + "{\"base\": \"a\", \"source\": [\"b\", \"c\"], \"label\": \"d\"}",
        "expected as many sources in every row, found 1 and 2"
      ),
      (two + "{\"base\": \"a\", \"source\": \"b\"}", "line 3: no 'label'"),
      (
        two + "{\"base\": [1], \"source\": \"b\", \"label\": \"c\"}",
        "line 3: 'base': expected a text, found an array of 1"
      ),
      (
        "{\"base\": \"a a\", \"source\": \"b\", \"label\": \"c\", \"spans\": {\"s\": \"a\"}}",
        "line 1: span 's': \"a\" occurs 2 times in the base \"a a\"; give its place as [start, end]"
      ),
      (
        "{\"base\": \"a\", \"source\": \"b\", \"label\": \"c\", \"spans\": {\"s\": \"a\"}}",
        "line 1: span 's': \"a\" occurs nowhere in the source \"b\""
      ),
      (
        "{\"base\": \"a\", \"source\": \"b\", \"label\": \"c\", \"spans\": {\"s\": [[0, 9], [0, 1]]}}",
        "line 1: span 's': expected words of the base, or [start, end] with 0 ≤ start < end ≤ 1, found"
          + " an array of 2"
      ),
      (
        "{\"base\": \"a\", \"source\": \"b\", \"label\": \"c\", \"split\": \"both\"}",
        "line 1: 'split': expected train, dev or test, found \"both\""
      ),
      ("", "no pairs in the file"), ("[1]", "line 1: expected an object, found 1"),
    ])
  func faults(text: String, expected: String) throws {
    let url = try Self.file(text)
    defer { try? FileManager.default.removeItem(at: url.deletingLastPathComponent()) }
    #expect {
      try PairFile(contentsOf: url)
    } throws: { error in
      let found = "\(error)".replacing("\(url.path): ", with: "")
      if found != expected { Issue.record("found: \(found)") }
      return found == expected
    }
  }

  @Test("A name is a task, a question, a file, or neither")
  func names() throws {
    #expect(try PairSources.named("agreement").variables == ["subjectNumber"])
    let pairs = try Self.file(Self.two)
    let question = try Self.file(GreaterThan().question.document, "own.yaml")
    for url in [pairs, question] {
      #expect(try PairSources.named(url.path).parts(PairWish(count: 8)).train.count > 0)
    }
    #expect(try PairSources.named(question.path).variables == ["greater"])
    #expect(throws: CausalModelError.unknownTask("agrement", known: BuiltInTasks.names)) {
      try PairSources.named("agrement")
    }
    #expect(throws: CausalModelError.noSuchPairs("no/where.csv", known: BuiltInTasks.names)) {
      try PairSources.named("no/where.csv")
    }
    let other = try Self.file("x", "own.txt")
    #expect { try PairSources.named(other.path) } throws: {
      "\($0)".contains("a file of pairs (.jsonl, .csv)")
    }
    for url in [pairs, question, other] {
      try? FileManager.default.removeItem(at: url.deletingLastPathComponent())
    }
  }
}
