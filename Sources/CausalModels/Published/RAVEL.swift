import Foundation
import InterchangeBasics
import InterchangeDatasets

/// RAVEL (Huang et al. 2024, arXiv 2402.17700): entities with attributes, and prompts that ask for
/// them, as `ravel_city_entity_attributes.json` and its three companions.
///
/// The variable `Country` is the cause: base and source are one prompt with two cities, and the
/// label is the source's country. `isolate Country` asks base for another attribute, which should
/// stay the base's own. The entity's place is the span `entity`. Train and test have the published
/// parts of entities and prompts; the development part isn't used.
public struct RAVEL: PairSource, PairReader {
  public static let form = "RAVEL's files"

  public let name: String
  /// The attributes, then their isolations.
  public let variables: [String]
  /// The entities' attributes.
  public let attributes: [String: [String: String]]
  /// The prompts of each attribute, with `%s` for the entity.
  public let prompts: [String: [String]]
  /// The part of each entity.
  public let entityParts: [String: DataSplit]
  /// The part of each prompt.
  public let promptParts: [String: DataSplit]

  private static let endings = [
    "attribute_to_prompts", "entity_attributes", "entity_to_split", "prompt_to_split",
  ]

  public static func source(at url: URL) throws -> (any PairSource)? {
    guard url.isFolder else {
      guard let stem = stem(url) else { return nil }
      return try RAVEL(folder: url.deletingLastPathComponent(), stem: stem)
    }
    let files =
      (try? FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil))
    let stems = Set((files ?? []).compactMap(stem)).sorted()
    guard let first = stems.first else { return nil }
    guard stems.count == 1 else {
      throw DatasetError.invalidData(
        path: url.path(percentEncoded: false), line: 0,
        reason: "several kinds of entities: \(stems.joined(separator: ", ")); give a file, such as "
          + "\(first)_entity_attributes.json")
    }
    return try RAVEL(folder: url, stem: first)
  }

  private static func stem(_ url: URL) -> String? {
    let name = url.lastPathComponent
    guard name.hasPrefix("ravel_") else { return nil }
    return endings.lazy.compactMap { ending in
      name.hasSuffix("_\(ending).json") ? String(name.dropLast(ending.count + 6)) : nil
    }.first
  }

  private init(folder: URL, stem: String) throws {
    func file(_ ending: String) throws -> PublishedFile {
      try PublishedFile(folder.appending(component: "\(stem)_\(ending).json"))
    }
    let entities = try file("entity_attributes")
    var attributes: [String: [String: String]] = [:]
    for entity in try entities.members(entities.value, "entities") {
      var values: [String: String] = [:]
      for value in try entities.members(entity.value, entity.key) {
        values[value.key] = try entities.text(value.value, "\(entity.key).\(value.key)")
      }
      attributes[entity.key] = values
    }
    let byAttribute = try file("attribute_to_prompts")
    var prompts: [String: [String]] = [:]
    var names: [String] = []
    for entry in try byAttribute.members(byAttribute.value, "attributes") {
      let texts = try byAttribute.texts(entry.value, entry.key)
      if let text = texts.first(where: { $0.components(separatedBy: "%s").count != 2 }) {
        throw byAttribute.fault("\(entry.key): expected one %s in \(quoted(text))")
      }
      if !names.contains(entry.key) { names.append(entry.key) }
      prompts[entry.key] = texts
    }
    func parts(_ file: PublishedFile) throws -> [String: DataSplit] {
      var parts: [String: DataSplit] = [:]
      for entry in try file.members(file.value, "parts") {
        let name = try file.text(entry.value, entry.key)
        let known: [String: DataSplit] = ["train": .train, "val": .dev, "test": .test]
        guard let part = known[name] else {
          throw file.fault("\(entry.key): expected train, val or test, found \(quoted(name))")
        }
        parts[entry.key] = part
      }
      return parts
    }
    guard !names.isEmpty else { throw byAttribute.fault("there is no attribute") }
    (self.attributes, self.prompts) = (attributes, prompts)
    entityParts = try parts(file("entity_to_split"))
    promptParts = try parts(file("prompt_to_split"))
    name = stem.replacing("_", with: "-")
    variables = names + names.map { "isolate \($0)" }
  }

  public func parts(_ wish: PairWish) throws -> PairParts {
    let variable = try variable(wish)
    let isolates = variable.hasPrefix("isolate ")
    let target = isolates ? String(variable.dropFirst("isolate ".count)) : variable
    let asked = isolates ? variables.filter { $0 != target && prompts[$0] != nil } : [target]
    func examples(_ part: DataSplit) -> [PublishedExample] {
      let entities = attributes.keys.filter { entityParts[$0] == part }.sorted()
      return asked.flatMap { attribute in
        (prompts[attribute] ?? []).filter { promptParts[$0] == part }.flatMap { prompt in
          entities.compactMap { example($0, attribute, prompt, target) }
        }
      }
    }
    return try PublishedPairs.parts(
      wish, variable: variable, disjoint: "entities and prompts", name: name,
      train: examples(.train), test: examples(.test)
    ) { isolates ? $0.answer : $1.answer }
  }

  private func example(
    _ entity: String, _ attribute: String, _ prompt: String, _ target: String
  ) -> PublishedExample? {
    guard let query = query(entity, attribute, prompt), let value = attributes[entity]?[target]
    else { return nil }
    return PublishedExample(text: query.text, form: prompt, value: value, answer: query.answer)
  }
}
