import ArgumentParser

extension InterchangeCommand {
  static let look = CommandGroup(
    name: "Look",
    subcommands: [
      InspectCommand.self,
      TokensCommand.self,
      PredictCommand.self,
      AttentionCommand.self,
      FeaturesCommand.self,
      TrainFeaturesCommand.self,
      CollectCommand.self,
    ])
}
