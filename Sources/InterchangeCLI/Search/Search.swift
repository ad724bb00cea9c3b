import ArgumentParser

extension InterchangeCommand {
  static let search = CommandGroup(
    name: "Search",
    subcommands: [
      DASCommand.self,
      MaskCommand.self,
      RAVELCommand.self,
      MIBCommand.self,
      ExamineCommand.self,
      SubspacesCommand.self,
    ])
}
