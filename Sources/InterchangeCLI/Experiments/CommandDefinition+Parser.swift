import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

extension CommandDefinition {
  /// The commands of this program that write results, as ArgumentParser knows them.
  static func all() throws -> [CommandDefinition] {
    try JSONDecoder().decode(Dump.self, from: Data(InterchangeCommand._dumpHelp().utf8))
      .command.subcommands?.compactMap(CommandDefinition.init) ?? []
  }

  /// The definition of a command by its name; nil for one that can't be a step.
  static func named(_ name: String) throws -> CommandDefinition? {
    try all().first { $0.name == name }
  }

  /// Parses the words of a point.
  ///
  /// - Throws: `DocumentError` with ArgumentParser's words at the step.
  static func parse(_ words: [String], at node: DocumentNode) throws -> any ParsableCommand {
    do {
      return try InterchangeCommand.parseAsRoot(words)
    } catch {
      throw node.fault(InterchangeCommand.message(for: error))
    }
  }

  private init?(_ command: Dump.Command) {
    let arguments = (command.arguments ?? []).compactMap { argument -> Argument? in
      let form: Form? =
        switch argument.kind {
        case "positional": .positional
        case "option": .option
        case "flag": .flag
        default: nil
        }
      let name = argument.preferredName?.name ?? argument.valueName
      guard let form, let name else { return nil }
      return Argument(
        name: name, form: form, takesSeveral: argument.isRepeating,
        valueName: argument.valueName ?? "")
    }
    // A command that can't be saved as a document runs documents itself, or has no results.
    guard command.subcommands == nil, arguments.contains(where: { $0.name == "save-as" }) else {
      return nil
    }
    self.init(name: command.commandName, arguments: arguments)
  }

  /// The parts of ArgumentParser's description that are of use.
  private struct Dump: Decodable {
    struct Command: Decodable {
      let commandName: String
      let subcommands: [Command]?
      let arguments: [Argument]?
    }

    struct Argument: Decodable {
      struct Name: Decodable { let name: String }

      let kind: String
      let preferredName: Name?
      let valueName: String?
      let isRepeating: Bool
    }

    let command: Command
  }
}
