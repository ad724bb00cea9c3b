import InterchangeBasics
import InterchangeFineTuning
import InterchangeModels

/// A place of a model by the name that pyreft finds it by.
struct PyreftTarget {
  /// pyvene's name of the component, or the module's path.
  let place: String
  /// Nil where the path says it.
  let layer: Int?
  let width: Int

  /// The models whose components pyvene knows by name (0.1.8).
  private static let known = [
    "gemma", "gemma2", "gpt2", "gpt_neo", "gpt_neox", "llama", "mistral", "olmo", "qwen2",
  ]
  /// The components that mean in pyvene what they mean here.
  private static let components: Set<Component> = [
    .blockInput, .blockOutput, .attentionInput, .attentionOutput, .attentionValueOutput, .mlpInput,
    .mlpOutput, .mlpActivation, .queryOutput, .keyOutput, .valueOutput,
  ]

  /// The beginning of a file's name.
  var keyStem: String { PyreftPlace.keyStem(place, layer: layer, "pos", 1) }

  /// The place of a site.
  ///
  /// - Throws: `FineTuningError` for one that pyreft doesn't have.
  init(_ site: Site, of base: LanguageModel) throws {
    guard site.head == nil else {
      throw PyreftFolder.unwritable("whole vectors", "one head's part, \(site)")
    }
    guard Self.components.contains(site.component) else {
      throw PyreftFolder.unwritable(
        "a component of pyvene's: "
          + Self.components.map(\.rawValue).sorted().joined(separator: ", "),
        site.component.rawValue)
    }
    if let other = Self.otherMeaning(site.component, site.layer, base) {
      throw PyreftFolder.unwritable(
        "a component that means the same in pyvene",
        "\(site.component.rawValue) of \(base.architecture.name), which in pyvene is "
          + other.rawValue)
    }
    width = try base.width(of: site)
    let name = base.architecture.name
    if Self.known.contains(name) {
      // pyvene takes these for as wide as the residual stream.
      guard width == base.architecture.width || site.component == .mlpActivation else {
        throw PyreftFolder.unwritable(
          "vectors as wide as the residual stream, as pyvene takes them for",
          "\(site.component.rawValue) of width \(width)")
      }
      (place, layer) = (site.component.rawValue, site.layer)
      return
    }
    guard let path = ModulePath.path(to: site, in: base.architecture) else {
      throw PyreftFolder.unwritable(
        "a model that pyvene knows (\(Self.known.joined(separator: ", "))), or a place that its "
          + "module's path names", "\(site.component.rawValue) of \(name)")
    }
    (place, layer) = (path, nil)
  }

  /// The component that pyvene means by another one's name: it takes them before a norm or a factor
  /// of the model, and this library after it. Nil where both mean the same.
  static func otherMeaning(
    _ component: Component, _ layer: Int, _ base: LanguageModel
  ) -> Component? {
    let earlier: [Component: Component] = [
      .attentionOutput: .attentionProjection, .mlpOutput: .mlpProjection,
    ]
    return earlier[component].flatMap {
      base.architecture.hasComponent($0, layer: layer) ? $0 : nil
    }
  }

  /// The item of `representations`.
  func item(rank: Int) -> JSONValue {
    let items: [JSONValue] = [
      .integer(layer ?? 0), .string(place), .string("pos"), .integer(1), .integer(rank),
    ]
    return .array(
      items + Array(repeating: JSONValue.null, count: PyreftPlace.itemCount - items.count))
  }
}

extension ModulePath {
  /// The path of a site's module in transformers' model, where the names of the model's tensors
  /// tell it.
  static func path(to site: Site, in architecture: any Architecture) -> String? {
    guard let query = architecture.tensorName(of: .query, layer: site.layer) else { return nil }
    let name = /((?:model\.layers|model\.decoder\.layers|transformer\.h))\.[0-9]+\.(.+)/
    guard let parts = query.wholeMatch(of: name) else { return nil }
    let up = architecture.tensorName(of: .up, layer: site.layer) ?? ""
    let ends = components.filter { $0.value == site.component }.map(\.key).sorted()
    return ends.first { end in
      let module = end.split(separator: ".").dropLast().first.map { "\($0)." } ?? ""
      return module.isEmpty || parts.2.hasPrefix(module) || up.contains(".\(module)")
    }.map { "\(parts.1)[\(site.layer)].\($0)" }
  }
}
