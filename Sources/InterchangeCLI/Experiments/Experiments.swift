import ArgumentParser

extension InterchangeCommand {
  static let experiments = CommandGroup(
    name: "Experiments",
    subcommands: [
      RunCommand.self,
      GatherCommand.self,
    ])
}
