import Foundation
import InterchangeModels

extension TracedPrompt {
  /// An example's base, with its own answer.
  ///
  /// - Parameter subject: the name of the span that is corrupted
  /// - Throws: `ModelError` for a base without such a span, or without tokens.
  public init(_ example: AlignmentExample, subject: String) throws {
    guard case .tokens(let tokens) = example.base else {
      throw ModelError.invalidInput(
        expected: "token ids", found: "an input of another kind: tracing is of decoders")
    }
    let positions = try Positions.span(subject).resolved(
      length: tokens.count, spans: example.baseSpans)
    self.init(
      tokens: tokens, subject: positions[0]..<positions[positions.count - 1] + 1,
      answer: example.baseLabel)
  }
}

extension LanguageModel {
  /// A text with a subject, ready to be traced.
  ///
  /// - Parameters:
  ///   - subject: a part of the text, which it has once
  ///   - answer: a single token's text; what the model continues with by default
  /// - Throws: `AlignmentError` for a subject that isn't in the text or an answer that is no token,
  ///   `ModelError` for a text that is empty or too long.
  public func tracedPrompt(
    _ text: String, subject: String, answer: String? = nil
  ) throws -> TracedPrompt {
    let encoded = encode(text)
    guard let range = text.range(of: subject), !subject.isEmpty else {
      throw AlignmentError.notInText(
        text: "text", reason: "expected the subject “\(subject)” in it")
    }
    guard text[range.upperBound...].range(of: subject) == nil else {
      throw AlignmentError.notInText(
        text: "text", reason: "expected the subject “\(subject)” once, found it again")
    }
    let start = text[..<range.lowerBound].utf8.count
    let tokens = encoded.tokens(in: start..<start + subject.utf8.count)
    let output: Int
    if let answer {
      output = try answerTokens([answer], after: text)[0]
    } else {
      output = top(1, of: try logits(after: text))[0].id
    }
    return TracedPrompt(tokens: encoded.ids, subject: tokens, answer: output)
  }

  /// A label for each token of a traced prompt, the subject's with a star.
  public func tokenLabels(of prompt: TracedPrompt) -> [String] {
    prompt.tokens.enumerated().map { position, id in
      label(of: id) + (prompt.subject.contains(position) ? "*" : "")
    }
  }
}
