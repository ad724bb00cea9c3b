/// A command with its arguments, as the program that has it defines them.
///
/// An experiment knows nothing else of commands: a new one, or a new option, can stand in a
/// document at once.
public struct CommandDefinition: Sendable {
  /// The forms in which an argument is given.
  public enum Form: Sendable {
    /// By its place.
    case positional
    /// By a name and a value.
    case option
    /// By a name alone.
    case flag
  }

  /// An argument.
  public struct Argument: Sendable {
    /// The name without its dashes; of a positional argument that of its value.
    public let name: String
    /// The form in which it is given.
    public let form: Form
    /// Tells whether it may be given several times, or takes several values.
    public let takesSeveral: Bool
    /// The kind of value in a word, such as `file` or `dir`.
    public let valueName: String

    /// An argument of a command.
    public init(name: String, form: Form, takesSeveral: Bool, valueName: String) {
      (self.name, self.form, self.takesSeveral) = (name, form, takesSeveral)
      self.valueName = valueName
    }

    /// Tells whether its value is a place on the disk.
    var isPath: Bool { ["file", "dir", "path", "paths", "run", "runs"].contains(valueName) }
  }

  /// The command's word.
  public let name: String
  /// The arguments, positional ones in their order.
  public let arguments: [Argument]

  /// A command.
  public init(name: String, arguments: [Argument]) {
    (self.name, self.arguments) = (name, arguments)
  }

  /// The arguments that an experiment gives itself.
  static let reserved = ["out", "json", "save-as", "resume", "help", "version"]

  /// The argument of a name; nil for one that an experiment gives itself.
  func argument(_ name: String) -> Argument? {
    Self.reserved.contains(name) ? nil : arguments.first { $0.name == name }
  }

  /// The argument whose plural a name is: `rank` of `ranks`, `batch` of `batches`.
  func argument(plural name: String) -> Argument? {
    let endings = [("ies", "y"), ("es", ""), ("s", "")]
    return endings.lazy.compactMap { ending, singular in
      name.hasSuffix(ending) ? argument(name.dropLast(ending.count) + singular) : nil
    }.first { $0.form != .flag }
  }

  /// The names that a document may use.
  var names: [String] { arguments.map(\.name).filter { !Self.reserved.contains($0) } }

  /// The first positional argument that isn't the model.
  var firstPlace: Argument? {
    arguments.first { $0.form == .positional && $0.name != Self.model }
  }

  /// The name of the argument that all points of an experiment share.
  static let model = "model"
  /// The name whose plural may be a number: so many, from the one that is given on.
  static let counted = "seed"
}
