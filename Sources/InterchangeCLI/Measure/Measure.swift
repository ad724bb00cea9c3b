import ArgumentParser

extension InterchangeCommand {
  static let measure = CommandGroup(
    name: "Measure",
    subcommands: [
      BenchCommand.self,
      GrowthCommand.self,
      DemoCommand.self,
    ])
}
