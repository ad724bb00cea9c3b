import InterchangeTokenizers

/// The way from an example's text to a prompt.
public enum PromptTemplate: Sendable, Equatable {
  /// The prompt as it is; an input follows on a new line. Special tokens that it spells out are
  /// parsed.
  case verbatim
  /// The prompt and a new line, as LoReFT's commonsense tasks use it.
  case plain
  /// Alpaca's instruction form, as LoReFT's arithmetic and instruction tasks use it.
  case alpaca
  /// The model's own chat template, after a system message or the template's own.
  case chat(system: String? = nil)
  /// A text with `{instruction}` and `{input}` where the prompt and the input go.
  case text(String)

  /// The names that ``init(named:)`` knows.
  public static let names = ["verbatim", "plain", "alpaca", "chat"]

  /// A template by its name, or a text that holds `{instruction}`.
  ///
  /// - Throws: ``DatasetError/invalidSetting(name:expected:found:)`` for anything else.
  public init(named name: String) throws {
    switch name {
    case "verbatim": self = .verbatim
    case "plain": self = .plain
    case "alpaca": self = .alpaca
    case "chat": self = .chat()
    case _ where name.contains("{instruction}"): self = .text(name)
    default:
      throw DatasetError.invalidSetting(
        name: "template",
        expected: Self.names.joined(separator: ", ") + " or a text with {instruction}",
        found: "'\(name)'")
    }
  }

  /// The prompt's text.
  ///
  /// - Throws: ``DatasetError/invalidSetting(name:expected:found:)`` for ``chat(system:)``, whose
  ///   text is the model's.
  public func text(for example: TaskExample) throws -> String {
    guard let parts = parts(for: example) else {
      throw DatasetError.invalidSetting(
        name: "template", expected: "one without a model", found: "chat")
    }
    return parts.map(\.text).joined()
  }

  /// The prompt's tokens. A special token that the example spells out stays text, except in
  /// ``verbatim``.
  ///
  /// - Throws: `TokenizerError` for ``chat(system:)`` when the model has no chat template that is
  ///   known.
  public func encode(_ example: TaskExample, by tokenizer: Tokenizer) throws -> [Int] {
    tokenizer.encode(
      try parts(for: example, of: tokenizer), addingSpecialTokens: addsSpecialTokens)
  }

  /// The prompt's tokens and those of completions that may follow it, each encoded in its place as
  /// `Tokenizer/encode(_:continuedBy:addingSpecialTokens:)` does.
  ///
  /// - Parameters:
  ///   - completions: texts that may follow the prompt; the example's own by default
  ///   - ending: whether the tokens that end a completion stand after it: the chat template's mark,
  ///     or the token that ends a sequence
  ///   - apart: whether a completion is a text of its own, with its own special tokens, as the
  ///     target of an encoder-decoder
  /// - Throws: as ``encode(_:by:)``.
  public func encode(
    _ example: TaskExample, followedBy completions: [String]? = nil, by tokenizer: Tokenizer,
    ending: Bool, apart: Bool = false
  ) throws -> (prompt: [Int], completions: [[Int]]) {
    let prompt = try parts(for: example, of: tokenizer)
    if apart {
      let texts = (completions ?? [example.completion]).map {
        tokenizer.encodeTarget(
          TextPart($0, parsesSpecialTokens: self == .verbatim), ending: ending)
      }
      return (tokenizer.encode(prompt, addingSpecialTokens: addsSpecialTokens), texts)
    }
    let found = tokenizer.encode(
      prompt,
      continuedBy: (completions ?? [example.completion]).map {
        [TextPart($0, parsesSpecialTokens: self == .verbatim)]
      }, addingSpecialTokens: addsSpecialTokens)
    guard ending else { return (found.prompt, found.continuations) }
    let end = try endingTokens(tokenizer)
    return (found.prompt, found.continuations.map { $0 + end })
  }

  /// The tokens that end a completion.
  private func endingTokens(_ tokenizer: Tokenizer) throws -> [Int] {
    guard case .chat = self else { return tokenizer.endOfSequence.map { [$0] } ?? [] }
    let end = try tokenizer.chatTemplate().endOfTurn
    return tokenizer.encode([TextPart(end, parsesSpecialTokens: true)])
  }

  /// True where the tokenizer's own special tokens are put around a prompt; a chat template spells
  /// them out.
  private var addsSpecialTokens: Bool { if case .chat = self { false } else { true } }

  /// The prompt in parts, those of ``chat(system:)`` too.
  private func parts(for example: TaskExample, of tokenizer: Tokenizer) throws -> [TextPart] {
    if let parts = parts(for: example) { return parts }
    guard case .chat(let system) = self else { return [] }
    let question = ChatMessage(.user, Self.joined(example))
    return try tokenizer.chatTemplate().parts(
      (system.map { [ChatMessage(.system, $0)] } ?? []) + [question])
  }

  /// The prompt in parts that are the template's and parts that are the data's; nil for
  /// ``chat(system:)``.
  private func parts(for example: TaskExample) -> [TextPart]? {
    func data(_ text: String) -> TextPart { TextPart(text, parsesSpecialTokens: false) }
    func own(_ text: String) -> TextPart { TextPart(text, parsesSpecialTokens: true) }
    switch self {
    case .verbatim: return [own(Self.joined(example))]
    case .plain: return [data(Self.joined(example)), own("\n")]
    case .alpaca where example.input.isEmpty:
      return [
        own(
          "Below is an instruction that describes a task. Write a response that appropriately "
            + "completes the request.\n\n### Instruction:\n"), data(example.prompt),
        own("\n\n### Response:\n"),
      ]
    case .alpaca:
      return [
        own(
          "Below is an instruction that describes a task, paired with an input that provides further "
            + "context. Write a response that appropriately completes the request.\n\n"
            + "### Instruction:\n"), data(example.prompt), own("\n\n### Input:\n"),
        data(example.input), own("\n\n### Response:\n"),
      ]
    case .text(let template):
      return Self.pieces(of: template).map {
        switch $0 {
        case "{instruction}": data(example.prompt)
        case "{input}": data(example.input)
        default: own($0)
        }
      }
    case .chat: return nil
    }
  }

  private static func joined(_ example: TaskExample) -> String {
    example.input.isEmpty ? example.prompt : example.prompt + "\n" + example.input
  }

  /// A template cut into its placeholders and the text between them, so that a placeholder in the
  /// data is not filled.
  private static func pieces(of template: String) -> [String] {
    var (pieces, rest) = ([String](), template[...])
    while let next = ["{instruction}", "{input}"].compactMap({ rest.firstRange(of: $0) })
      .min(by: { $0.lowerBound < $1.lowerBound })
    {
      pieces += [String(rest[..<next.lowerBound]), String(rest[next])]
      rest = rest[next.upperBound...]
    }
    return pieces + [String(rest)]
  }
}

extension PromptTemplate: CustomStringConvertible {
  /// The name, or the text of a template that has none.
  public var description: String {
    switch self {
    case .verbatim: "verbatim"
    case .plain: "plain"
    case .alpaca: "alpaca"
    case .chat: "chat"
    case .text(let template): template
    }
  }
}

extension PromptTemplate {
  /// The tokens that end a continuation.
  ///
  /// - Throws: `TokenizerError` for a chat template that isn't known.
  public func stopTokens(_ tokenizer: Tokenizer) throws -> Set<Int> {
    var stop = tokenizer.endTokens
    if case .chat = self {
      let ids = try endingTokens(tokenizer)
      if ids.count == 1 { stop.formUnion(ids) }
    }
    return stop
  }
}
