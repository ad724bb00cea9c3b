import InterchangeBasics

/// A `tokenizer.json` as it is read, section by section.
struct TokenizerFile {
  let name: String
  let root: JSONValue

  init(name: String, bytes: [UInt8]) throws(TokenizerError) {
    self.name = name
    do {
      root = try JSONParser.parse(bytes)
    } catch {
      throw TokenizerError(
        source: name, field: "", expected: error.expected,
        found: "other text at byte \(error.position)")
    }
    guard root.members != nil else {
      throw TokenizerError(
        source: name, field: "", expected: "a JSON object", found: root.summary)
    }
  }

  /// A file whose sections come from elsewhere.
  init(name: String, root: JSONValue) {
    (self.name, self.root) = (name, root)
  }

  func fault(_ field: String, _ expected: String, _ found: JSONValue?) -> TokenizerError {
    fault(field, expected, found: found?.summary ?? "nothing")
  }

  func fault(_ field: String, _ expected: String, found: String) -> TokenizerError {
    TokenizerError(source: name, field: field, expected: expected, found: found)
  }

  /// The member `key` of `object` as a flag.
  func flag(
    _ key: String, of object: JSONValue, _ field: String, default substitute: Bool
  ) throws(TokenizerError) -> Bool {
    guard let value = object[key] else { return substitute }
    guard let flag = value.bool else { throw fault("\(field).\(key)", "true or false", value) }
    return flag
  }

  /// The member `type` of a section.
  private func type(of section: JSONValue, _ field: String) throws(TokenizerError) -> String {
    guard let type = section["type"]?.string else {
      throw fault("\(field).type", "a name", section["type"])
    }
    return type
  }

  /// A section, or the members of each section that is a `Sequence`, with their fields, in order.
  func steps(
    of section: JSONValue?, _ field: String, list: String
  ) throws(TokenizerError) -> [(step: JSONValue, type: String, field: String)] {
    guard let section else { return [] }
    let type = try type(of: section, field)
    guard type == "Sequence" else { return [(section, type, field)] }
    guard let members = section[list]?.array else {
      throw fault("\(field).\(list)", "an array", section[list])
    }
    var steps: [(JSONValue, String, String)] = []
    for (index, member) in members.enumerated() {
      steps += try self.steps(of: member, "\(field).\(list)[\(index)]", list: list)
    }
    return steps
  }

  // MARK: Text before the vocabulary

  /// The section `normalizer`.
  func normalizers() throws(TokenizerError) -> [Normalizer] {
    var normalizers: [Normalizer] = []
    for (step, type, field) in try steps(of: root["normalizer"], "normalizer", list: "normalizers")
    {
      switch type {
      case "NFC":
        normalizers.append(.canonicalComposition)
      case "Prepend":
        guard let prefix = step["prepend"]?.string else {
          throw fault("\(field).prepend", "a text", step["prepend"])
        }
        normalizers.append(.prepend(prefix))
      case "Replace":
        guard let pattern = step["pattern"]?["String"]?.string,
          let content = step["content"]?.string
        else { throw fault("\(field).pattern", "a String and a content", step["pattern"]) }
        normalizers.append(.replace(pattern, with: content))
      case "BertNormalizer":
        normalizers.append(.bert(try bertNormalization(step, field)))
      default:
        throw fault(
          "\(field).type", "BertNormalizer, NFC, Prepend, Replace or Sequence", step["type"])
      }
    }
    return normalizers
  }

  private func bertNormalization(
    _ step: JSONValue, _ field: String
  ) throws(TokenizerError) -> BertNormalization {
    let lowercases = try flag("lowercase", of: step, field, default: true)
    return BertNormalization(
      cleans: try flag("clean_text", of: step, field, default: true),
      spacesIdeographs: try flag("handle_chinese_chars", of: step, field, default: true),
      // Left open, accents go where capitals do.
      stripsAccents: try flag("strip_accents", of: step, field, default: lowercases),
      lowercases: lowercases)
  }

  /// The content of the section `pre_tokenizer`.
  struct Words {
    var preTokenizer = PreTokenizer(steps: [])
    var isByteLevel = false
    var metaspace: Tokenizer.SpacePrefix?
  }

  /// The section `pre_tokenizer`.
  func words() throws(TokenizerError) -> Words {
    var words = Words()
    let steps = try self.steps(of: root["pre_tokenizer"], "pre_tokenizer", list: "pretokenizers")
    for (step, type, field) in steps {
      switch type {
      case "ByteLevel":
        words.isByteLevel = true
        if try flag("add_prefix_space", of: step, field, default: true) {
          words.preTokenizer.steps.append(.prefixSpace)
        }
        if try flag("use_regex", of: step, field, default: true) {
          words.preTokenizer.steps.append(.pattern(.gpt2))
        }
      case "Digits":
        let individually = try flag("individual_digits", of: step, field, default: false)
        words.preTokenizer.steps.append(.digits(individually: individually))
      case "Split":
        words.preTokenizer.steps.append(try split(step, field))
      case "Metaspace":
        words.metaspace = try metaspace(step, field)
      case "BertPreTokenizer":
        words.preTokenizer.steps.append(.whitespaceAndPunctuation)
      default:
        throw fault(
          "\(field).type", "BertPreTokenizer, ByteLevel, Digits, Metaspace, Split or Sequence",
          step["type"])
      }
    }
    return words
  }

  private func split(_ step: JSONValue, _ field: String) throws(TokenizerError) -> PreTokenizer.Step
  {
    guard let source = step["pattern"]?["Regex"]?.string else {
      throw fault("\(field).pattern", "a Regex", step["pattern"])
    }
    // The patterns match all text, so removing what is between the matches changes nothing.
    let inverted = try flag("invert", of: step, field, default: false)
    let behavior = step["behavior"]?.string
    guard behavior == "Isolated" || behavior == "Removed" && inverted else {
      throw fault("\(field).behavior", "Isolated, or Removed and inverted", step["behavior"])
    }
    if source == #"\p{N}"#, behavior == "Isolated" { return .digits(individually: true) }
    guard let pattern = SplitPattern(regularExpression: source) else {
      throw fault(
        "\(field).pattern", "the regular expression of GPT-2, LLaMA 3 or Qwen2",
        found: quoted(source, upTo: 40))
    }
    return .pattern(pattern)
  }

  private func metaspace(
    _ step: JSONValue, _ field: String
  ) throws(TokenizerError) -> Tokenizer.SpacePrefix {
    guard step["replacement"]?.string == "\u{2581}" else {
      throw fault("\(field).replacement", "\"▁\"", step["replacement"])
    }
    guard try !flag("split", of: step, field, default: true) else {
      throw fault("\(field).split", "false", step["split"])
    }
    switch step["prepend_scheme"]?.string ?? "always" {
    case "always": return .unlessSpaced
    case "first": return .firstUnlessSpaced
    case "never": return .none
    default:
      throw fault("\(field).prepend_scheme", "always, first or never", step["prepend_scheme"])
    }
  }
}
