/// One entry of a data file: named values and their place.
struct DataRecord {
  /// The values as text; null, and whatever is no text, number or truth value, is left out.
  var fields: [String: String]
  var origin: TaskExample.Origin

  func fault(_ reason: String) -> DatasetError {
    .invalidData(path: origin.path, line: origin.line, reason: reason)
  }

  private func value(_ names: [String]) -> String? { names.lazy.compactMap { fields[$0] }.first }

  private func required(_ names: [String]) throws -> String {
    guard let value = value(names) else { throw fault("no field '\(names[0])'") }
    return value
  }

  /// The example that the fields make: prompt and completion, instruction and output, or text and
  /// label.
  func example() throws -> TaskExample {
    let answer = fields["answer"]
    if fields["text"] != nil, fields["label"] != nil {
      let (text, label) = (try required(["text"]), try required(["label"]))
      return TaskExample(
        prompt: text, completion: " " + label, answer: label, label: LabelKind.number(label),
        sentences: [text], origin: origin)
    }
    let prompt = try required(fields["instruction"] == nil ? ["prompt"] : ["instruction"])
    let names = fields["instruction"] == nil ? ["completion", "output"] : ["output", "completion"]
    guard let completion = value(names) ?? answer else { throw fault("no field '\(names[0])'") }
    return TaskExample(
      prompt: prompt, input: fields["input"] ?? "", completion: completion, answer: answer,
      choices: Self.choices(of: prompt), origin: origin)
  }

  /// The answers that an instruction offers in its last line: "Answer format: true/false".
  static func choices(of instruction: String) -> [String] {
    let mark = "Answer format:"
    guard let line = instruction.split(whereSeparator: \.isNewline).last(where: { !$0.isEmpty }),
      line.hasPrefix(mark)
    else { return [] }
    let choices = line.dropFirst(mark.count).split(separator: "/").map {
      String($0.drop(while: \.isWhitespace)).trimmedEnd
    }
    return choices.count > 1 && !choices.contains("") ? choices : []
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = self
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
