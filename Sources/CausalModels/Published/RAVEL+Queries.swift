import Foundation
import InterchangeBasics
import InterchangeDatasets

extension RAVEL {
  /// A prompt that asks for an attribute of an entity.
  public struct Query: Hashable, Sendable {
    public let entity: String
    public let attribute: String
    /// The prompt with `%s` for the entity.
    public let prompt: String
    /// The prompt with the entity, whose place is the span `entity`.
    public let text: SpannedText
    /// The attribute's value, as it follows the text.
    public let answer: String
  }

  /// The files of a folder, or the four of which one is named.
  ///
  /// - Throws: `CausalModelError` for another form of files, `DatasetError` naming the file that is
  ///   missing or not understood.
  public init(contentsOf url: URL) throws {
    guard url.exists, let source = try Self.source(at: url) as? RAVEL else {
      throw DatasetError.invalidData(
        path: url.path(percentEncoded: false), line: 0,
        reason: "expected a folder with RAVEL's files, such as ravel_city_entity_attributes.json")
    }
    self = source
  }

  /// The prompts' attributes, in the order of the files.
  public var attributeNames: [String] { variables.filter { prompts[$0] != nil } }

  /// The entities of a part, by name.
  public func entities(of part: DataSplit) -> [String] {
    attributes.keys.filter { entityParts[$0] == part }.sorted()
  }

  /// The prompts of a part that ask for an attribute, each once.
  public func prompts(of attribute: String, in part: DataSplit) -> [String] {
    var known: Set<String> = []
    return (prompts[attribute] ?? []).filter {
      promptParts[$0] == part && known.insert($0).inserted
    }
  }

  /// A prompt with an entity; nil where the entity's value isn't known.
  public func query(_ entity: String, _ attribute: String, _ prompt: String) -> Query? {
    guard let answer = attributes[entity]?[attribute], !answer.isEmpty else { return nil }
    let parts = prompt.components(separatedBy: "%s")
    let start = parts[0].utf8.count
    let text = parts[0] + entity + parts[1]
    return Query(
      entity: entity, attribute: attribute, prompt: prompt,
      text: SpannedText(text, spans: ["entity": start..<start + entity.utf8.count]),
      answer: PublishedPairs.answer(answer, after: text))
  }
}
