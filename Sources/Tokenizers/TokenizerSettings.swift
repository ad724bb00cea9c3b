import Foundation
import InterchangeBasics

/// The settings that stand beside `tokenizer.json`: those of `tokenizer_config.json` and, where it
/// leaves them open, of `special_tokens_map.json` and `added_tokens.json`.
///
/// Some stand over what `tokenizer.json` says: the reference makes the tokenizers of the classes
/// below anew, with these settings or the classes' own.
struct TokenizerSettings {
  /// The members of all files; of equal names the first counts.
  private let file: TokenizerFile

  /// The settings in a folder; nil when it has none of the files.
  init?(folder: URL) throws(TokenizerError) {
    var members: [JSONValue.Member] = []
    var name: String?
    for file in ["tokenizer_config.json", "special_tokens_map.json"] {
      guard let read = try Self.file(file, in: folder) else { continue }
      guard let found = read.root.members else {
        throw read.fault("", "an object", read.root)
      }
      name = name ?? read.name
      members += found.filter { member in
        member.value != .null && !members.contains { $0.key == member.key }
      }
    }
    if let added = try Self.file("added_tokens.json", in: folder) {
      name = name ?? added.name
      members.append(.init(key: Self.addedTokens, value: added.root))
    }
    guard let name else { return nil }
    file = TokenizerFile(name: name, root: .object(members))
  }

  /// The name under which the content of `added_tokens.json` is kept.
  private static let addedTokens = "added_tokens.json"

  private static func file(
    _ name: String, in folder: URL
  ) throws(TokenizerError) -> TokenizerFile? {
    let url = folder.appending(component: name)
    return url.exists ? try TokenizerFile(name: url.path, bytes: Tokenizer.bytes(of: url)) : nil
  }

  /// All settings as one document.
  var document: TokenizerFile { file }

  /// Tells whether the tokenizer is made by a class of one of these names, without "Tokenizer" and
  /// what follows it.
  private func isMade(by classes: String...) -> Bool {
    guard let name = file.root["tokenizer_class"]?.string else { return false }
    return classes.contains { name == $0 + "Tokenizer" || name == $0 + "TokenizerFast" }
  }

  /// A choice; nil when it is left open.
  func flag(_ key: String) throws(TokenizerError) -> Bool? {
    guard let value = file.root[key] else { return nil }
    guard let flag = value.bool else { throw file.fault(key, "true or false", value) }
    return flag
  }

  /// The chat template of `tokenizer_config.json`: a text, or of several named ones the "default".
  func chatTemplate() throws(TokenizerError) -> String? {
    guard let value = file.root["chat_template"] else { return nil }
    if let text = value.string { return text }
    guard let list = value.array else {
      throw file.fault("chat_template", "a text, or an array of named texts", value)
    }
    return list.first { $0["name"]?.string == "default" }?["template"]?.string
  }

  /// The normalizers, with BERT's settings in the place of those in `tokenizer.json`.
  func normalizers(_ own: [any Normalizer]) throws(TokenizerError) -> [any Normalizer] {
    guard isMade(by: "Bert", "DistilBert", "Electra", "MobileBert") else { return own }
    let lowercases = try flag("do_lower_case") ?? true
    let normalization = BertNormalization(
      cleans: true, spacesIdeographs: try flag("tokenize_chinese_chars") ?? true,
      stripsAccents: try flag("strip_accents") ?? lowercases, lowercases: lowercases)
    return own.map { $0 is BertNormalization ? normalization : $0 }
  }

  /// The words, with or without the space before a text that the settings say.
  func words(_ own: TokenizerFile.Words) throws(TokenizerError) -> TokenizerFile.Words {
    var words = own
    if own.isByteLevel, isMade(by: "GPT2", "Roberta") {
      words.preTokenizer.steps.removeAll { $0 is SpaceBeforeWords }
      if try flag("add_prefix_space") ?? false {
        words.preTokenizer.steps.insert(SpaceBeforeWords(), at: 0)
      }
    }
    if isMade(by: "Llama"), try flag("add_prefix_space") == false {
      words.preTokenizer.steps = words.preTokenizer.steps.map {
        guard var step = $0 as? Metaspace else { return $0 }
        step.scheme = .never
        return step
      }
    }
    return words
  }

  /// The added tokens, with those that stand only here: in `added_tokens_decoder`, in
  /// `added_tokens.json`, or in a role such as `eos_token`, where the vocabulary has them.
  func added(
    to own: [AddedToken], id: (String) -> Int?
  ) throws(TokenizerError) -> [AddedToken] {
    var tokens = own
    var known = Set(own.map { ByteString($0.content) })
    func isNew(_ content: String) -> Bool { known.insert(ByteString(content)).inserted }
    func checked(_ id: Int?, _ field: String, _ value: JSONValue) throws(TokenizerError) -> Int {
      guard let id, 0..<Vocabulary.maximumCount ~= id else {
        throw file.fault(field, "an id below \(Vocabulary.maximumCount)", value)
      }
      return id
    }
    let decoder = (file.root["added_tokens_decoder"]?.members ?? []).sorted {
      Int($0.key) ?? 0 < Int($1.key) ?? 0
    }
    for member in decoder {
      let field = "added_tokens_decoder[\(quoted(member.key, upTo: 40))]"
      guard let content = member.value["content"]?.string else {
        throw file.fault("\(field).content", "a text", member.value["content"])
      }
      guard isNew(content) else { continue }
      let id = try checked(Int(member.key), field, member.value)
      tokens.append(try token(id, content, member.value, field))
    }
    for member in file.root[Self.addedTokens]?.members ?? [] where isNew(member.key) {
      let id = try checked(member.value.integer, Self.addedTokens, member.value)
      tokens.append(AddedToken(id: id, content: member.key, isSpecial: false, isNormalized: true))
    }
    let roles = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map { $0 + "_token" }
    let others = file.root["additional_special_tokens"]?.array ?? []
    let values = roles.compactMap { role in file.root[role].map { (role, $0) } }
    for (field, value) in values + others.map({ ("additional_special_tokens", $0) }) {
      guard let content = value.string ?? value["content"]?.string, let id = id(content),
        isNew(content)
      else { continue }
      tokens.append(try token(id, content, value, field))
    }
    return tokens
  }

  private func token(
    _ id: Int, _ content: String, _ value: JSONValue, _ field: String
  ) throws(TokenizerError) -> AddedToken {
    AddedToken(
      id: id, content: content,
      // In a role every token is special.
      isSpecial: try file.flag("special", of: value, field, default: true),
      stripsLeft: try file.flag("lstrip", of: value, field, default: false),
      stripsRight: try file.flag("rstrip", of: value, field, default: false),
      isSingleWord: try file.flag("single_word", of: value, field, default: false),
      isNormalized: try file.flag("normalized", of: value, field, default: false))
  }
}
