import ArgumentParser

extension InterchangeCommand {
  static let show = CommandGroup(
    name: "Show",
    subcommands: [
      FigureCommand.self,
      ReportCommand.self,
    ])
}
