import ArgumentParser

extension InterchangeCommand {
  static let intervene = CommandGroup(
    name: "Intervene",
    subcommands: [
      SwapCommand.self,
      SweepCommand.self,
      AblateCommand.self,
      TraceCommand.self,
    ])
}
