extension TokenizerFile {
  /// The ids that the section `post_processor` puts before and after a text.
  func template(of vocabulary: Vocabulary) throws(TokenizerError) -> (prefix: [Int], suffix: [Int])
  {
    var prefix: [Int] = []
    var suffix: [Int] = []
    let steps = try self.steps(of: root["post_processor"], "post_processor", list: "processors")
    for (step, type, field) in steps {
      switch type {
      case "ByteLevel":
        continue
      case "TemplateProcessing":
        let (before, after) = try template(step, field, vocabulary)
        prefix = before + prefix
        suffix += after
      case "BertProcessing", "RobertaProcessing":
        prefix = [try marker("cls", of: step, field, vocabulary)] + prefix
        suffix.append(try marker("sep", of: step, field, vocabulary))
      default:
        throw fault(
          "\(field).type", "ByteLevel, TemplateProcessing, RobertaProcessing or Sequence",
          step["type"])
      }
    }
    return (prefix, suffix)
  }

  /// The parts of `single`: special tokens, the text `A`, and special tokens.
  private func template(
    _ step: JSONValue, _ field: String, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> (prefix: [Int], suffix: [Int]) {
    guard let parts = step["single"]?.array else {
      throw fault("\(field).single", "an array", step["single"])
    }
    var prefix: [Int] = []
    var suffix: [Int] = []
    var isBehindText = false
    for (index, part) in parts.enumerated() {
      let partField = "\(field).single[\(index)]"
      if part["Sequence"] != nil {
        guard !isBehindText else { throw fault(partField, "one Sequence only", part) }
        isBehindText = true
      } else if let name = part["SpecialToken"]?["id"]?.string {
        let ids = try specialIDs(named: name, in: step, field, vocabulary)
        if isBehindText { suffix += ids } else { prefix += ids }
      } else {
        throw fault(partField, "a Sequence or a SpecialToken", part)
      }
    }
    return (prefix, suffix)
  }

  private func specialIDs(
    named name: String, in step: JSONValue, _ field: String, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> [Int] {
    let place = "\(field).special_tokens[\(TokenizerError.quoted(name))].ids"
    guard let list = step["special_tokens"]?[name]?["ids"]?.array else {
      throw fault(place, "an array", step["special_tokens"]?[name]?["ids"])
    }
    var ids: [Int] = []
    for entry in list {
      guard let id = entry.integer, 0..<vocabulary.count ~= id else {
        throw fault(place, "ids below the \(vocabulary.count) tokens", entry)
      }
      ids.append(id)
    }
    return ids
  }

  /// The id of a pair [text, id].
  private func marker(
    _ key: String, of step: JSONValue, _ field: String, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> Int {
    guard let pair = step[key]?.array, pair.count == 2, let id = pair[1].integer,
      0..<vocabulary.count ~= id
    else { throw fault("\(field).\(key)", "a token and its id", step[key]) }
    return id
  }

  /// The token that `tokenizer_config.json`, which is this file, gives a role such as `bos_token`.
  func token(inRole role: String, of vocabulary: Vocabulary) throws(TokenizerError) -> Int? {
    guard let value = root[role] else { return nil }
    guard let text = value.string ?? value["content"]?.string else {
      throw fault(role, "a token", value)
    }
    guard let id = vocabulary.id(spelled: text) else {
      throw fault(role, "a token of the vocabulary", value)
    }
    return Int(id)
  }
}
