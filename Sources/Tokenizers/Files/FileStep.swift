import InterchangeBasics

/// A step of a section of `tokenizer.json`: a normalizer, a pre-tokenizer, a decoder, a
/// post-processor.
struct FileStep {
  let file: TokenizerFile
  let value: JSONValue
  let type: String
  /// The place of the step in the file.
  let field: String

  func fault(_ key: String, _ expected: String, found: String) -> TokenizerError {
    file.fault("\(field).\(key)", expected, found: found)
  }

  /// The error for a type that is none of these.
  func unknown(among names: [String]) -> TokenizerError {
    file.fault("\(field).type", listed((names + ["Sequence"]).sorted()), value["type"])
  }

  func flag(_ key: String, default substitute: Bool) throws(TokenizerError) -> Bool {
    try file.flag(key, of: value, field, default: substitute)
  }

  func text(_ key: String) throws(TokenizerError) -> String {
    guard let text = value[key]?.string else {
      throw fault(key, "a text", found: value[key]?.summary ?? "nothing")
    }
    return text
  }

  func scalar(_ key: String) throws(TokenizerError) -> Unicode.Scalar {
    let scalars = try text(key).unicodeScalars
    guard let scalar = scalars.first, scalars.count == 1 else {
      throw fault(key, "one character", found: value[key]?.summary ?? "nothing")
    }
    return scalar
  }

  /// A count that is zero where it is missing.
  func count(_ key: String) throws(TokenizerError) -> Int {
    guard let value = value[key] else { return 0 }
    guard let count = value.integer, count >= 0 else {
      throw fault(key, "a number from 0 on", found: value.summary)
    }
    return count
  }

  /// The member `pattern`: a text, or a regular expression.
  func pattern() throws(TokenizerError) -> any TextPattern {
    if let text = value["pattern"]?["String"]?.string { return LiteralPattern(text) }
    guard let source = value["pattern"]?["Regex"]?.string else {
      throw fault("pattern", "a String or a Regex", found: value["pattern"]?.summary ?? "nothing")
    }
    guard let pattern = Patterns.regularExpression(source) else {
      throw fault("pattern", "a regular expression that ICU reads", found: quoted(source, upTo: 40))
    }
    return pattern
  }
}
