import ArgumentParser

extension InterchangeCommand {
  static let questions = CommandGroup(
    name: "Questions",
    subcommands: [
      QuestionCommand.self
    ])
}
