import Foundation
import InterchangeDocuments

extension CommandWords {
  /// The document of an experiment whose only step is this command, in YAML: its first point has
  /// the same words.
  ///
  /// - Throws: an error about a text that YAML can't hold.
  public func document() throws -> String {
    let own = given.filter { !CommandDefinition.reserved.contains($0.argument.name) }
    var lines: [String] = []
    if let model = values(CommandDefinition.model)?.first {
      lines.append("\(CommandDefinition.model): \(try Self.yaml(model))")
    }
    let options = try own.filter { $0.argument.name != CommandDefinition.model }.map { given in
      try "\(key(given.argument)): \(value(given))"
    }
    lines += ["steps:"]
    let flow = "  - \(command.name): {\(options.joined(separator: ", "))}"
    if options.isEmpty {
      lines.append("  - \(command.name)")
    } else if flow.count <= 100 {
      lines.append(flow)
    } else {
      lines += ["  - \(command.name):"] + options.map { "      \($0)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The name of an argument; with its dashes where it could be read as another one's plural.
  private func key(_ argument: CommandDefinition.Argument) -> String {
    let option = StepOption(argument.name, of: command)
    let isPlain = option?.argument.name == argument.name && option?.isPlural == false
    return (isPlain ? "" : "--") + argument.name
  }

  private func value(_ given: Given) throws -> String {
    guard given.argument.form != .flag else { return "true" }
    let values = try given.values.map { text in
      // A path that begins like the step's name would be taken for what the step made.
      let isStep =
        given.argument.isPath && (text == command.name || text.hasPrefix(command.name + "/"))
      return try Self.yaml(isStep ? "./" + text : text)
    }
    return values.count == 1 ? values[0] : "[\(values.joined(separator: ", "))]"
  }

  /// A text as a value, in quotes where YAML would read something else.
  private static func yaml(_ text: String) throws -> String {
    let plain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: Array("_+./-".utf8).contains(byte)
      }
    }
    if plain, let node = try? DocumentNode(yaml: "value: \(text)", source: ""),
      node["value"]?.scalar == text
    {
      return text
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    return String(decoding: try encoder.encode(text), as: UTF8.self)
  }
}
