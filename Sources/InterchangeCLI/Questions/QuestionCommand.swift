import ArgumentParser
import Interchange

/// `interchange question`: the questions that experiments ask.
struct QuestionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "question", abstract: "List, show and check questions.",
    subcommands: [QuestionListCommand.self, QuestionShowCommand.self, QuestionCheckCommand.self])
}

/// `interchange question list`: the built-in questions.
struct QuestionListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the built-in questions.")

  @Flag(help: "Print one JSON document on standard output; progress goes to standard error.")
  var json = false

  private struct Entry: Encodable {
    let name: String
    let summary: String
    let changes: [String]
  }

  func run() throws {
    let entries = BuiltInTasks.questions.map {
      Entry(name: $0.name, summary: $0.summary, changes: $0.changeNames)
    }
    if json { return try Output.print(json: entries) }
    Output.print(
      ResultTable(
        header: ["question", "changes", "summary"],
        rows: entries.map { [$0.name, $0.changes.joined(separator: ", "), $0.summary] }))
  }
}

/// `interchange question show`: a built-in question as a document.
struct QuestionShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a built-in question as a document to begin with.")

  @Argument(help: "The question's name.") var name: String

  func run() throws {
    guard let task = BuiltInTasks.questions.first(where: { $0.name == name }) else {
      throw CausalModelError.unknownTask(name, known: BuiltInTasks.questions.map(\.name))
    }
    Output.print(task.question.document)
  }
}

/// `interchange question check`: a question before anything runs.
struct QuestionCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Show a question's examples, balance, tokens, and what a model solves.",
    discussion: "Without a model nothing is run.")

  @Argument(
    help: "A question (.yaml, .json), a file of pairs (.jsonl, .csv), a published set, or a name.")
  var file: String
  @Argument(help: ModelArgument.help) var model: String?
  @Option(help: ArgumentHelp("What the interchange changes.", valueName: "name"))
  var variable: String?
  @Option(.counts(from: 8), "Pairs in all, train and test; by default the file's, or 512.")
  var pairs: Int?
  @Option(.count, "How many examples to show.", valueName: "k") var top = 4
  @OptionGroup var common: CommonOptions

  func run() throws {
    let check = try QuestionCheck(
      file, changing: variable, count: pairs, shown: top, seed: common.seed,
      for: model.map { try LanguageModel(contentsOf: $0) })
    if common.json { return try Output.print(json: check) }
    Output.print(check.heading)
    for table in check.tables {
      Output.print("")
      Output.print(table)
    }
    for note in check.notes { Output.note("note: \(note)") }
  }
}
