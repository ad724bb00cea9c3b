import ArgumentParser

extension InterchangeCommand {
  static let search = CommandGroup(
    name: "Search",
    subcommands: [
      DASCommand.self,
      MaskCommand.self,
      RAVELCommand.self,
      ExamineCommand.self,
      SubspacesCommand.self,
    ])
}
