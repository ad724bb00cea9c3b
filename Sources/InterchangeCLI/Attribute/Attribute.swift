import ArgumentParser

extension InterchangeCommand {
  static let attribute = CommandGroup(
    name: "Attribute",
    subcommands: [
      LensCommand.self,
      TunedLensCommand.self,
      DirectCommand.self,
      HeadsCommand.self,
      ProbeCommand.self,
    ])
}
