import ArgumentParser

extension InterchangeCommand {
  static let exchange = CommandGroup(
    name: "Exchange",
    subcommands: [
      ImportCommand.self,
      ExportCommand.self,
      MergeCommand.self,
    ])
}
