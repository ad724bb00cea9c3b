import ArgumentParser

extension InterchangeCommand {
  static let attribute = CommandGroup(
    name: "Attribute",
    subcommands: [
      LensCommand.self,
      DirectCommand.self,
      HeadsCommand.self,
      ProbeCommand.self,
    ])
}
