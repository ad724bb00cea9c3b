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

  /// A section, or the members of each section that is a `Sequence`, in order.
  func steps(
    of section: JSONValue?, _ field: String, list: String
  ) throws(TokenizerError) -> [FileStep] {
    guard let section else { return [] }
    guard let type = section["type"]?.string else {
      throw fault("\(field).type", "a name", section["type"])
    }
    guard type == "Sequence" else {
      return [FileStep(file: self, value: section, type: type, field: field)]
    }
    guard let members = section[list]?.array else {
      throw fault("\(field).\(list)", "an array", section[list])
    }
    var steps: [FileStep] = []
    for (index, member) in members.enumerated() {
      steps += try self.steps(of: member, "\(field).\(list)[\(index)]", list: list)
    }
    return steps
  }

  /// The section `normalizer`.
  func normalizers() throws(TokenizerError) -> [any Normalizer] {
    var normalizers: [any Normalizer] = []
    for step in try steps(of: root["normalizer"], "normalizer", list: "normalizers") {
      guard let kind = NormalizerSteps.all.first(where: { $0.name == step.type }) else {
        throw step.unknown(among: NormalizerSteps.all.map { $0.name })
      }
      normalizers.append(try kind.init(step))
    }
    return normalizers
  }

  /// The content of the section `pre_tokenizer`.
  struct Words {
    var preTokenizer = PreTokenizer()
    /// True when the encoder sees bytes that the vocabulary spells in GPT-2's alphabet.
    var isByteLevel = false
  }

  /// The section `pre_tokenizer`.
  func words() throws(TokenizerError) -> Words {
    var words = Words()
    let steps = try steps(of: root["pre_tokenizer"], "pre_tokenizer", list: "pretokenizers")
    for (index, step) in steps.enumerated() {
      guard let kind = PreTokenizerSteps.all.first(where: { $0.name == step.type }) else {
        throw step.unknown(among: PreTokenizerSteps.all.map { $0.name })
      }
      words.preTokenizer.steps += try kind.steps(step)
      guard kind == ByteLevelWords.self else { continue }
      if index == steps.count - 1 {
        words.isByteLevel = true
      } else {
        words.preTokenizer.steps.append(ByteLevelSpelling())
      }
    }
    return words
  }
}
