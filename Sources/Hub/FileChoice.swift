import Foundation
import InterchangeBasics

/// Which files of a repository a model needs.
struct FileChoice {
  /// Files that are read before it is known which others are needed, and small ones.
  let first: [String]
  /// Files after those.
  let rest: [String]
  /// The index whose files are needed too, one of ``first``.
  let index: String?

  /// Configuration and tokenizer.
  private static let small: Set<String> = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt",
    "tekken.json", "chat_template.json",
  ]
  /// Vocabularies of SentencePiece and tiktoken, and chat templates.
  private static let smallEndings = [".model", ".tiktoken", ".jinja"]

  /// The weights in the order in which they are looked for: a file, or an index of several.
  private static let weights = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json",
  ]
  private static let indexEnding = ".index.json"

  /// The files that patterns of a shell mean, or those that a model needs: its configuration, its
  /// tokenizer's files and its weights, in one form of those that there are; or one GGUF file with
  /// all of its parts.
  ///
  /// - Throws: ``HubError`` where there is nothing to choose, or too much.
  init(_ name: HubName, among files: [String], patterns: [String]) throws(HubError) {
    if !patterns.isEmpty {
      for pattern in patterns where !files.contains(where: { Self.matches($0, pattern) }) {
        throw .noSuchFile(name: name.repository, file: pattern, known: files)
      }
      let chosen = files.filter { file in patterns.contains { Self.matches(file, $0) } }
      (first, rest, index) = ([], chosen, nil)
      return
    }
    let models = GGUFNames.all(of: files)
    if let wanted = name.file {
      let model = try GGUFNames.one(wanted, of: name.repository, among: models)
      (first, rest, index) = ([], model.parts, nil)
      return
    }
    let texts = files.filter { file in
      Self.small.contains(file)
        || !file.contains("/") && Self.smallEndings.contains { file.hasSuffix($0) }
    }
    if let weights = Self.weights.first(where: { files.contains($0) }) {
      let isIndex = weights.hasSuffix(Self.indexEnding)
      first = texts + (isIndex ? [weights] : [])
      rest = isIndex ? [] : [weights]
      index = isIndex ? weights : nil
    } else if models.count == 1 {
      (first, rest, index) = ([], models[0].parts, nil)
    } else if models.isEmpty {
      throw .noModel(name: name.repository, files: files)
    } else {
      throw .severalModels(name: name.repository, files: models.map(\.first))
    }
  }

  private static func matches(_ path: String, _ pattern: String) -> Bool {
    fnmatch(pattern, path, 0) == 0
  }

  /// The files that an index of weights lists.
  ///
  /// - Throws: ``HubError/noModel(name:files:)`` for an index of nothing.
  static func shards(in index: URL) throws -> [String] {
    guard let document = try? JSONParser.parse([UInt8](Data(contentsOf: index))),
      let members = document["weight_map"]?.members, !members.isEmpty
    else {
      throw HubError.noModel(name: index.path, files: [])
    }
    return Set(members.compactMap(\.value.string)).sorted()
  }
}
