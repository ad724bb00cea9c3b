import ArgumentParser

extension InterchangeCommand {
  static let show = CommandGroup(
    name: "Show",
    subcommands: [
      FigureCommand.self,
      TableCommand.self,
      ReportCommand.self,
    ])
}
