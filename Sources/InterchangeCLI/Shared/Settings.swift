import ArgumentParser
import Interchange

/// The settings of a command with the values that they have, defaults included.
enum Settings {
  /// Every argument, option and flag of a command by its name on the command line; null where
  /// nothing is chosen.
  static func effective(of command: some ParsableCommand) -> [String: JSONValue] {
    var settings: [String: JSONValue] = [:]
    collect(command, &settings)
    // The form of the output is no setting of the work.
    settings["json"] = nil
    settings["save-as"] = nil
    return settings
  }

  private static func collect(_ arguments: Any, _ settings: inout [String: JSONValue]) {
    for child in Mirror(reflecting: arguments).children {
      guard let label = child.label, let property = child.value as? any ParsedProperty else {
        continue
      }
      if property is any ParsedGroup {
        collect(property.parsed, &settings)
      } else {
        settings[name(label)] = value(property.parsed)
      }
    }
  }

  /// A property's name as ArgumentParser makes an option of it: `_maxTokens` is `max-tokens`.
  private static func name(_ label: String) -> String {
    label.drop { $0 == "_" }.reduce(into: "") { name, letter in
      name += letter.isUppercase ? "-" + letter.lowercased() : String(letter)
    }
  }

  private static func value(_ value: Any) -> JSONValue {
    switch value {
    case let value as Bool: .bool(value)
    case let value as any BinaryInteger:
      Int(exactly: value).map(JSONValue.integer) ?? .string("\(value)")
    case let value as Double: .number(value)
    case let value as String: .string(value)
    case let value as [Any]: .array(value.map(Self.value))
    case let value as any OptionalValue: value.chosen.map(Self.value) ?? .null
    case let value as any ExpressibleByArgument: .string(value.defaultValueDescription)
    default: .string("\(value)")
    }
  }
}

/// A property wrapper of ArgumentParser whose value is parsed.
private protocol ParsedProperty {
  var parsed: Any { get }
}

/// A group of options.
private protocol ParsedGroup {}

/// A value that may be missing.
private protocol OptionalValue {
  var chosen: Any? { get }
}

extension Argument: ParsedProperty { fileprivate var parsed: Any { wrappedValue } }
extension Option: ParsedProperty { fileprivate var parsed: Any { wrappedValue } }
extension Flag: ParsedProperty { fileprivate var parsed: Any { wrappedValue } }
extension OptionGroup: ParsedProperty, ParsedGroup { fileprivate var parsed: Any { wrappedValue } }
extension Optional: OptionalValue { fileprivate var chosen: Any? { self } }
