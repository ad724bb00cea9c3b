import Foundation
import InterchangeBasics
import InterchangeFineTuning
import InterchangeModels

/// The forms of other tools that adapters are written in.
///
/// ```
/// let form = try ExportForms.form(for: adapter, of: model)
/// let remarks = try form.write(adapter, of: model, to: folder)
/// ```
public enum ExportForms {
  private static let registry = Registry<any ExportForm.Type>([
    PeftFolder.self, PyreftFolder.self, AdapterHubFolder.self, ControlVectorFile.self,
  ])

  /// Every form, this package's first.
  public static var all: [any ExportForm.Type] { registry.all }

  /// Makes a form known; twice does no harm.
  public static func register(_ type: any ExportForm.Type) {
    registry.register(type) { known in !known.contains { $0 == type } }
  }

  /// The form of a name or, without one, the form that is made for the adapter's method.
  ///
  /// - Throws: `FineTuningError/invalidSetting(name:expected:found:)` for a name that is none, and
  ///   for an adapter that no form or not this form is made for; it says which forms there are,
  ///   what each holds, and what can be done instead.
  public static func form(
    named name: String? = nil, for adapter: any Adapter, of base: LanguageModel
  ) throws -> any ExportForm.Type {
    let forms = name.map { name in all.filter { $0.name == name } } ?? all
    guard !forms.isEmpty else {
      throw FineTuningError.invalidSetting(
        name: "format", expected: all.map { $0.name }.joined(separator: ", "), found: name ?? "")
    }
    if let form = forms.first(where: { $0.isMade(for: adapter) }) { return form }
    let held = forms.map { "\($0.name) holds \($0.holds)" }.joined(separator: "; ")
    throw FineTuningError.invalidSetting(
      name: "export", expected: "an adapter that the form holds: \(held)",
      found: adapter.method + advice(for: adapter, of: base))
  }

  /// The one adapter of a model beside its head, with the form of a name or the one that is made
  /// for it.
  ///
  /// - Throws: as ``form(named:for:of:)``, and for a model that has no adapter or several.
  public static func form(
    named name: String? = nil, for adapted: AdaptedModel
  ) throws -> (form: any ExportForm.Type, adapter: any Adapter) {
    let adapters = adapted.adapters.filter { !($0 is LabelHead) }
    guard adapters.count == 1, let adapter = adapters.first else {
      throw FineTuningError.invalidSetting(
        name: "export", expected: "one adapter beside a head",
        found: adapters.isEmpty
          ? "a head alone, which no other tool's form has" : "\(adapters.count)")
    }
    return (try form(named: name, for: adapter, of: adapted.base), adapter)
  }

  /// A way that another form or another command offers, in words.
  private static func advice(for adapter: any Adapter, of base: LanguageModel) -> String {
    if let other = all.first(where: { $0.isMade(for: adapter) }) {
      return "; --format \(other.name) is made for it"
    }
    let canBeMerged = (try? AdaptedModel(base, adapters: [adapter]).weightChanges()) != nil
    return canBeMerged
      ? "; it is a change of weights: `interchange merge` writes a model with it, which "
        + "transformers loads"
      : "; no other tool's form has it: it stays a folder for --adapter"
  }
}

extension JSONEncoder {
  /// Encodes the configuration of another tool's folder, with sorted keys.
  static var configuration: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return encoder
  }
}
