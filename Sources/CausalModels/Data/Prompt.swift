/// A text for a language model to continue, described by a causal model's inputs.
public struct Prompt: ExampleInput {
  /// The complete text that the model is given.
  public let text: String
  /// The places of named parts such as "subject" in the text, as ranges of UTF-8 offsets.
  ///
  /// A range covers the words and not the space before them; the token of a word may begin one byte
  /// earlier.
  public let spans: [String: Range<Int>]
  /// The pattern that the text was made from; prompts of one pattern have their parts in the same
  /// order.
  public let template: String
  /// The values of the causal model's inputs.
  public let setting: Setting
  /// The continuation that the causal model answers, with its leading space: " are".
  public let answer: String
  /// The nouns, names or entities in the text.
  public let groups: [GroupKind: Set<String>]

  /// A prompt of these parts.
  ///
  /// - Throws: `CausalModelError.template` for a span outside the text or one that cuts a character
  ///   in two.
  public init(
    text: String, spans: [String: Range<Int>] = [:], template: String, setting: Setting,
    answer: String, groups: [GroupKind: Set<String>] = [:]
  ) throws {
    for (name, span) in spans.sorted(by: { $0.key < $1.key })
    where Self.words(of: text, at: span) == nil {
      throw CausalModelError.template(
        template, problem: "span '\(name)' \(span) is no part of the text '\(text)'")
    }
    self.text = text
    self.spans = spans
    self.template = template
    self.setting = setting
    self.answer = answer
    self.groups = groups
  }

  /// The words of a named span, or `nil` when the prompt has no such span.
  public func words(in span: String) -> String? {
    spans[span].flatMap { Self.words(of: text, at: $0) }
  }

  private static func words(of text: String, at span: Range<Int>) -> String? {
    let bytes = text.utf8
    guard span.lowerBound >= 0, span.upperBound <= bytes.count else { return nil }
    let start = bytes.index(bytes.startIndex, offsetBy: span.lowerBound)
    let end = bytes.index(bytes.startIndex, offsetBy: span.upperBound)
    return String(bytes[start..<end])
  }
}
