/// The words of a command line by the arguments that they are given to.
public struct CommandWords: Sendable {
  /// An argument with its values; of a flag none.
  public struct Given: Sendable {
    /// The argument.
    public let argument: CommandDefinition.Argument
    /// The values, in their order.
    public let values: [String]
  }

  /// The command.
  public let command: CommandDefinition
  /// The arguments that are given, each once, in the order of their first words.
  public private(set) var given: [Given] = []

  /// Reads words that the command's parser has understood, without the command's own.
  public init(_ words: [String], of command: CommandDefinition) {
    self.command = command
    var rest = words[...]
    var places = command.arguments.filter { $0.form == .positional }[...]
    func argument(_ name: Substring) -> CommandDefinition.Argument? {
      command.arguments.first { $0.name == name && $0.form != .positional }
    }
    while let word = rest.popFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if word.hasPrefix("--"), let argument = argument(parts[0].dropFirst(2)) {
        if argument.form == .flag {
          add(argument, [])
        } else {
          add(argument, [parts.count > 1 ? String(parts[1]) : rest.popFirst() ?? ""])
        }
      } else if word != "--", let place = places.first {
        add(place, [word])
        if !place.takesSeveral { places.removeFirst() }
      }
    }
  }

  private mutating func add(_ argument: CommandDefinition.Argument, _ values: [String]) {
    if let place = given.firstIndex(where: { $0.argument.name == argument.name }) {
      let all = argument.takesSeveral ? given[place].values + values : values
      given[place] = Given(argument: argument, values: all)
    } else {
      given.append(Given(argument: argument, values: values))
    }
  }

  /// The values of an argument; nil where it isn't given.
  public func values(_ name: String) -> [String]? {
    given.first { $0.argument.name == name }?.values
  }

  /// The words without the arguments that an experiment gives itself.
  public var plain: [String] {
    let own = given.filter { !CommandDefinition.reserved.contains($0.argument.name) }
    let places = own.filter { $0.argument.form == .positional }.flatMap(\.values)
    let options = own.filter { $0.argument.form != .positional }.flatMap { given -> [String] in
      let name = "--" + given.argument.name
      guard given.argument.form == .option else { return [name] }
      return given.values.flatMap { $0.hasPrefix("-") ? ["\(name)=\($0)"] : [name, $0] }
    }
    return [command.name] + places + options
  }
}
