import ArgumentParser

extension InterchangeCommand {
  static let tune = CommandGroup(
    name: "Tune",
    subcommands: [
      FinetuneCommand.self,
      CompareCommand.self,
      TuneCommand.self,
      EvaluateCommand.self,
      SteerCommand.self,
      GenerateCommand.self,
      ChatCommand.self,
    ])
}
