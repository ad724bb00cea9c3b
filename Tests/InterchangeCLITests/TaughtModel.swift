import Foundation
import Testing

/// A tiny random LLaMA that knows both verbs of the task `agreement` as tokens.
enum TaughtModel {
  /// A copy of its own.
  static func make() throws -> TemporaryFile {
    let model = try TemporaryFile(copyOf: Program.fixtures.appending(path: "llama-gqa"))
    try teachVerbs(model.url.appending(path: "tokenizer.json"))
    return model
  }

  /// Gives three of the vocabulary's last tokens to " i", " is" and " are".
  private static func teachVerbs(_ url: URL) throws {
    var json = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    var bpe = try #require(json["model"] as? [String: Any])
    var vocabulary = try #require(bpe["vocab"] as? [String: Int])
    var merges = try #require(bpe["merges"] as? [[String]])
    for (old, parts) in [("at", ["Ġ", "i"]), ("12", ["Ġi", "s"]), ("ĠĠ", ["Ġa", "re"])] {
      let removed = vocabulary.removeValue(forKey: old)
      let id: Int = try #require(removed)
      let place = merges.firstIndex { $0.joined() == old }
      vocabulary[parts.joined()] = id
      merges[try #require(place)] = parts
    }
    (bpe["vocab"], bpe["merges"]) = (vocabulary, merges)
    json["model"] = bpe
    try JSONSerialization.data(withJSONObject: json).write(to: url)
  }
}
