import ArgumentParser

extension InterchangeCommand {
  static let models = CommandGroup(
    name: "Models",
    subcommands: [
      FetchCommand.self,
      ModelsCommand.self,
    ])
}
