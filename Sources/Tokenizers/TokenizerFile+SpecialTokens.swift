import InterchangeBasics

extension TokenizerFile {
  /// The tokens that the section `post_processor` puts before and after a text, and around two.
  func templates(of vocabulary: Vocabulary) throws(TokenizerError) -> Tokenizer.Templates {
    var templates = Tokenizer.Templates()
    let steps = try self.steps(of: root["post_processor"], "post_processor", list: "processors")
    for step in steps {
      let (value, field) = (step.value, step.field)
      switch step.type {
      case "ByteLevel":
        continue
      case "TemplateProcessing":
        let single = try template("single", of: value, field, vocabulary)
        let texts = single.indices.filter { single[$0].isText }
        guard texts.count < 2 else {
          throw fault("\(field).single[\(texts[1])]", "one Sequence only", value["single"])
        }
        let text = texts.first ?? single.endIndex
        templates.prefix = single[..<text].compactMap(\.special) + templates.prefix
        templates.suffix += single[text...].compactMap(\.special)
        if value["pair"] != nil {
          templates.pair = try template("pair", of: value, field, vocabulary)
        }
      case "BertProcessing", "RobertaProcessing":
        let first = try marker("cls", of: value, field, vocabulary)
        let last = try marker("sep", of: value, field, vocabulary)
        templates.prefix = [first] + templates.prefix
        templates.suffix.append(last)
        // RoBERTa separates by two marks, and has no token types.
        let isRoberta = step.type == "RobertaProcessing"
        let second = isRoberta ? 0 : 1
        templates.pair =
          [.special(first, type: 0), .text(0, type: 0), .special(last, type: 0)]
          + (isRoberta ? [.special(last, type: 0)] : [])
          + [.text(1, type: second), .special(last, type: second)]
      default:
        throw step.unknown(
          among: ["BertProcessing", "ByteLevel", "TemplateProcessing", "RobertaProcessing"])
      }
    }
    return templates
  }

  /// The parts of `single` or `pair`: special tokens and the texts `A` and `B`.
  private func template(
    _ key: String, of step: JSONValue, _ field: String, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> [Tokenizer.PairPart] {
    guard let parts = step[key]?.array else {
      throw fault("\(field).\(key)", "an array", step[key])
    }
    var template: [Tokenizer.PairPart] = []
    for (index, part) in parts.enumerated() {
      let place = "\(field).\(key)[\(index)]"
      let type = part["Sequence"]?["type_id"] ?? part["SpecialToken"]?["type_id"]
      guard let type = type == nil ? 0 : type?.integer, 0...255 ~= type else {
        throw fault("\(place).type_id", "a token type from 0 to 255", type)
      }
      if let sequence = part["Sequence"] {
        template.append(.text(sequence["id"]?.string == "B" ? 1 : 0, type: type))
      } else if let name = part["SpecialToken"]?["id"]?.string {
        template += try specialIDs(named: name, in: step, field, vocabulary).map {
          .special($0, type: type)
        }
      } else {
        throw fault(place, "a Sequence or a SpecialToken", part)
      }
    }
    return template
  }

  private func specialIDs(
    named name: String, in step: JSONValue, _ field: String, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> [Int] {
    let place = "\(field).special_tokens[\(quoted(name, upTo: 40))].ids"
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

  /// The token that `tokenizer_config.json`, which is this file, gives a role such as `bos_token`:
  /// the first of some roles that it gives.
  func token(inRoles roles: [String], of vocabulary: Vocabulary) throws(TokenizerError) -> Int? {
    guard let role = roles.first(where: { root[$0] != nil }), let value = root[role] else {
      return nil
    }
    guard let text = value.string ?? value["content"]?.string else {
      throw fault(role, "a token", value)
    }
    guard let id = vocabulary.id(spelled: text) else {
      throw fault(role, "a token of the vocabulary", value)
    }
    return Int(id)
  }
}

extension Tokenizer.PairPart {
  fileprivate var isText: Bool { if case .text = self { true } else { false } }
  fileprivate var special: Int? { if case .special(let id, _) = self { id } else { nil } }
}
