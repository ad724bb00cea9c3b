import Foundation
import InterchangeBasics

/// Mistral's `tekken.json`: special tokens first, then pieces that merge by rank, and the pattern
/// of words.
enum TekkenFormat: TokenizerFormat {
  static let files = "tekken.json"

  static func isPresent(in folder: URL) -> Bool { file(in: folder, among: [files]) != nil }

  static func tokenizer(in folder: URL) throws(TokenizerError) -> Tokenizer {
    let url = folder.appending(component: files)
    let file = try TokenizerFile(name: url.path, bytes: Tokenizer.bytes(of: url))
    let settings = try TokenizerSettings(folder: folder)
    guard let source = file.root["config"]?["pattern"]?.string else {
      throw file.fault("config.pattern", "a text", file.root["config"]?["pattern"])
    }
    let special = try special(file)
    var parts = try TiktokenFormat.parts(
      ranked: try pieces(file, special: special.count), from: special.count, special: special,
      pattern: try TiktokenFormat.pattern(source, url.path, "config.pattern"), source: url.path)
    parts.roles = [
      "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>",
    ]
    // As Mistral's own library has it.
    if let first = parts.vocabulary.id(spelled: "<s>") { parts.templates.prefix = [Int(first)] }
    return try Tokenizer(
      parts, settings: settings, chatTemplate: Tokenizer.chatTemplate(in: folder))
  }

  private static func special(_ file: TokenizerFile) throws(TokenizerError) -> [AddedToken] {
    var texts = olderSpecial
    if let list = file.root["special_tokens"]?.array {
      var found: [Int: String] = [:]
      for (index, entry) in list.enumerated() {
        guard let rank = entry["rank"]?.integer, let text = entry["token_str"]?.string else {
          throw file.fault("special_tokens[\(index)]", "a rank and a token_str", entry)
        }
        found[rank] = text
      }
      guard found.count == list.count, found.keys.allSatisfy(list.indices.contains) else {
        throw file.fault(
          "special_tokens", "ranks from 0 on, each once", found: "others")
      }
      texts = list.indices.compactMap { found[$0] }
    }
    let count = file.root["config"]?["default_num_special_tokens"]
    guard let count = count == nil ? texts.count : count?.integer,
      texts.count...max(texts.count, 1 << 16) ~= count
    else {
      throw file.fault(
        "config.default_num_special_tokens", "a number from \(texts.count) to 65536", count)
    }
    texts += (texts.count..<count).map { "<SPECIAL_\($0)>" }
    return texts.enumerated().map {
      AddedToken(id: $0.offset, content: $0.element, isSpecial: true)
    }
  }

  /// The special tokens of files that don't list them.
  private static let olderSpecial = [
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]",
    "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]",
    "[TOOL_CONTENT]",
  ]

  private static func pieces(
    _ file: TokenizerFile, special: Int
  ) throws(TokenizerError) -> [[UInt8]] {
    guard let list = file.root["vocab"]?.array else {
      throw file.fault("vocab", "an array", file.root["vocab"])
    }
    let size = file.root["config"]?["default_vocab_size"]
    guard let count = size == nil ? list.count + special : size?.integer, count > special else {
      throw file.fault("config.default_vocab_size", "a number above \(special)", size)
    }
    var pieces: [[UInt8]] = []
    for (index, entry) in list.prefix(count - special).enumerated() {
      guard let text = entry["token_bytes"]?.string, let piece = Data(base64Encoded: text),
        !piece.isEmpty
      else {
        throw file.fault("vocab[\(index)].token_bytes", "Base64", entry["token_bytes"])
      }
      pieces.append(Array(piece))
    }
    return pieces
  }
}
