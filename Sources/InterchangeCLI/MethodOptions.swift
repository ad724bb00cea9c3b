import ArgumentParser
import Foundation
import Interchange
import InterchangeBasics

extension SubspaceUse: ExpressibleByArgument {}

/// The choices of all methods as options, each by its name; those of a registered method too.
///
/// ArgumentParser finds options by reflection: the mirror of this type has one for each choice.
struct MethodOptions: ParsableArguments, CustomReflectable {
  /// The given options, in the order of the choices.
  private var given: [(choice: AdapterChoice, text: String)] = []
  private var subspace: String?
  private var use = SubspaceUse.start
  /// The parsed options; nil before they are.
  private var parsed: [Mirror.Child]?

  init() {}

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    static let (subspace, use) = (Name(stringValue: "subspace"), Name(stringValue: "use"))
  }

  var customMirror: Mirror { Mirror(self, children: parsed ?? Self.definitions) }

  private static var definitions: [Mirror.Child] {
    let choices = AdapterMethods.choices.map { choice -> Mirror.Child in
      guard let valueName = choice.valueName else {
        return (
          choice.name,
          Flag(wrappedValue: false, name: .customLong(choice.name), help: ArgumentHelp(choice.help))
        )
      }
      return (
        choice.name,
        // A value may begin with a minus sign.
        Option<String?>(
          name: .customLong(choice.name), parsing: .unconditional,
          help: ArgumentHelp(choice.help, valueName: valueName))
      )
    }
    let subspace = Option<String?>(
      name: .customLong("subspace"),
      help: ArgumentHelp(
        "A rotation.safetensors that `das` wrote, or its folder.", valueName: "file"))
    let use = Option(
      wrappedValue: SubspaceUse.start, name: .customLong("use"),
      help: "How the saved subspace is used: start, fixed or constrained.")
    return choices + [
      (Name.subspace.stringValue, subspace as Any), (Name.use.stringValue, use as Any),
    ]
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    var parsed: [Mirror.Child] = []
    func read<Property: Decodable>(_ name: Name, as type: Property.Type) throws -> Property {
      let property = try container.decode(type, forKey: name)
      parsed.append((name.stringValue, property))
      return property
    }
    for choice in AdapterMethods.choices {
      let name = Name(stringValue: choice.name)
      if choice.valueName == nil {
        if try read(name, as: Flag<Bool>.self).wrappedValue { given.append((choice, "true")) }
      } else if let text = try read(name, as: Option<String?>.self).wrappedValue {
        given.append((choice, text))
      }
    }
    subspace = try read(.subspace, as: Option<String?>.self).wrappedValue
    use = try read(.use, as: Option<SubspaceUse>.self).wrappedValue
    self.parsed = parsed
  }

  /// Takes no subspace, for an estimate before there is one.
  mutating func forgetSubspace() { subspace = nil }

  /// Refuses what no method with a choice of this name can read.
  func validate() throws {
    for (choice, text) in given {
      let forms = AdapterMethods.all.flatMap { $0.choices }.filter { $0.name == choice.name }
        .map { $0.misreading(of: text) }
      guard let form = forms.first, !forms.contains(nil) else { continue }
      throw ValidationError(
        "The value '\(text)' is invalid for '--\(choice.name) <\(choice.valueName ?? "")>': "
          + "expected \(form ?? "another").")
    }
  }

  /// The configuration of a method with the choices that were given.
  func configuration(_ method: String) throws -> AdapterConfiguration {
    var configuration = AdapterConfiguration(method: method)
    for (choice, text) in given { try configuration.set(choice.name, to: text) }
    return configuration
  }

  /// Subspace and steering vectors, where the method wants them.
  func inputs(
    _ configuration: AdapterConfiguration, _ model: LanguageModel, _ data: FineTuningData
  ) throws -> AdapterInputs {
    var inputs = AdapterInputs()
    if let subspace {
      let url = URL(userPath: subspace)
      try inputs.readSubspace(
        contentsOf: url.isFolder ? url.appending(component: "rotation.safetensors") : url,
        use: use, for: model)
    }
    if try AdapterMethods.named(configuration.method).inputs.contains(.steeringVectors) {
      let full = try configuration.effective(for: model)
      inputs.steeringVectors = try data.steeringVectors(
        model, component: full.value(.component),
        layers: full.value(.layers, as: LayerSelection.self)
          .resolved(model.architecture.layers))
    }
    return inputs
  }

  /// Each method with its choices, their defaults and what they may be, for a command's help.
  static var discussion: String {
    AdapterMethods.all.map { method in
      let lines = method.choices.map { choice in
        let values = choice.valueName.map { " <\($0)>" } ?? ""
        let range = choice.valueName == nil ? "" : "; \(choice.range)"
        return "  --\(choice.name)\(values): \(choice.defaultText)\(range)"
      }
      return (["\(method.names.joined(separator: ", ")): \(method.summary)"] + lines)
        .joined(separator: "\n")
    }.joined(separator: "\n")
  }
}
