import Foundation
import Interchange
import Testing

/// Questions and data of one's own on the command line.
@Suite struct QuestionCommandTests {
  private let folder: TemporaryFile

  init() throws { folder = try TemporaryFile(folder: ()) }

  private func file(_ name: String, _ text: String) throws -> String {
    let url = folder.url.appending(component: name)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  /// Pairs in the words of the task `agreement`, whose verbs the taught model knows as tokens.
  private func pairs(_ count: Int, label: (Int) -> String = { $0 % 2 == 0 ? " are" : " is" })
    -> String
  {
    let nouns = Array(SubjectVerbAgreement.nouns.prefix(count))
    let rows = nouns.enumerated().map { index, noun in
      let (base, source) = index % 2 == 0 ? (noun, noun + "s") : (noun + "s", noun)
      let spans = #""{""noun"": [""\#(base)"", ""\#(source)""]}""#
      return #"We know that the \#(base),We know that the \#(source),"\#(label(index))",\#(spans)"#
    }
    return "base,source,label,spans\n" + rows.joined(separator: "\n") + "\n"
  }

  @Test func listAndShow() throws {
    let list = try Program.run(["question", "list"])
    #expect(list.status == 0)
    for task in BuiltInTasks.questions {
      #expect(list.output.contains(task.name) && list.output.contains(task.changeNames[0]))
      let shown = try Program.run(["question", "show", task.name])
      #expect(shown.status == 0 && shown.output == task.question.document + "\n")
    }
    let json = try Program.run(["question", "list", "--json"])
    let entries = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
    #expect((entries as? [[String: Any]])?.count == BuiltInTasks.questions.count)
    let wrong = try Program.run(["question", "show", "agrement"])
    #expect(wrong.status == 65 && wrong.errors.contains("no task is named 'agrement'"))
  }

  @Test func checkWithoutAModel() throws {
    let path = try file(
      "own.jsonl",
      """
      {"base": "The key", "source": "The keys", "label": " are", "base_label": " is", "split": "train"}
      {"base": "A cat", "source": "Cats", "label": " are", "base_label": " is", "split": "test"}
      {"base": "Men", "source": "A man", "label": " is", "base_label": " are", "split": "test"}
      """)
    let result = try Program.run(["question", "check", path])
    #expect(
      result.output
        == """
        own: variable changes (of variable); 1 pairs to train on, 2 to test, with no groups in common

                       text      answer
        base           The key   ␣is
        source         The keys
        base, swapped            ␣are

        answer  as label   share  as the base's answer
        ␣are           2  66.7 %                     1
        ␣is            1  33.3 %                     2

        """)
    #expect(result.status == 0 && result.errors.isEmpty)
    let question = try file("own.yaml", GreaterThan().question.document)
    let checked = try Program.run(["question", "check", question, "--pairs", "16", "--json"])
    #expect(try checked.json()["labels"] as? [String: Int] == [" greater": 8, " less": 8])
  }

  @Test func ownPairsWithAModel() throws {
    let model = try TaughtModel.make()
    let path = try file("nouns.csv", pairs(40))
    let check = try Program.run(["question", "check", path, model.url.path, "--json"])
    #expect(check.status == 0, "\(check.errors)")
    let spans = try #require(try check.json()["spans"] as? [[String: Any]])
    #expect(spans.map { $0["name"] as? String } == ["noun", "(all)"])

    let sweep = try Program.run(["sweep", model.url.path, "--task", path, "--limit", "2", "--json"])
    #expect(sweep.status == 0, "\(sweep.errors)")
    let record = try sweep.record()
    #expect(record.results[SweepRuns.self]?.runs.first?.task == "nouns")
    // Nothing says what the model should answer without a swap.
    #expect(record.results[SweepRuns.self]?.runs.first?.check.baseAccuracy == nil)

    let das = try Program.run([
      "das", model.url.path, "--task", path, "--layer", "1", "--position", "noun.end",
      "--source-position", "-1", "--epochs", "1", "--no-controls", "--json",
    ])
    #expect(das.status == 0, "\(das.errors)")
    let report = try das.record().results[AlignmentRuns.self]?.runs.first?.report
    #expect(report?.site == "block_output 1 @ noun.end from -1")
  }

  @Test func oneLineThatHelps() throws {
    func run(_ path: String, _ model: String = Program.tiny) throws -> Program.Result {
      try Program.run(["das", model, "--layer", "0", "--task", path])
    }
    let column = try run(file("column.csv", pairs(8).replacing("base,", with: "bsae,")))
    #expect(column.status == 65 && column.errors.hasSuffix("; is 'bsae' the base?\n"))
    let tokens = try run(file("tokens.csv", pairs(8)))
    #expect(tokens.status == 65)
    #expect(tokens.errors.contains("the answer ' is' is 3 tokens in this vocabulary"))
    let model = try TaughtModel.make()
    let unbalanced = try run(
      file("unbalanced.csv", pairs(40) { $0 == 0 ? " is" : " are" }), model.url.path)
    #expect(unbalanced.errors.contains("unbalanced: \" are\" 39, \" is\" 1"))
    let nothing = try run("nowhere.csv")
    #expect(nothing.status == 65 && nothing.errors.contains("nowhere.csv: no such file"))
    let expression = try run(
      file("own.yaml", GreaterThan().question.document.replacing("a > b", with: "a > c")))
    #expect(
      expression.status == 65
        && expression.errors.contains(
          "variables.greater: 'a > c', column 5: no variable is named 'c'")
    )
  }
}
