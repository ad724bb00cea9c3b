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
    if let parts = parts(for: example) {
      return tokenizer.encode(parts, addingSpecialTokens: true)
    }
    guard case .chat(let system) = self else { return [] }
    let question = ChatMessage(.user, Self.joined(example))
    return try tokenizer.encode((system.map { [ChatMessage(.system, $0)] } ?? []) + [question])
  }

  /// The completion's tokens, with the tokens that end it if requested: the chat template's mark,
  /// or the token that ends a sequence.
  ///
  /// - Throws: as ``encode(_:by:)``.
  public func encodeCompletion(
    _ example: TaskExample, by tokenizer: Tokenizer, ending: Bool
  ) throws -> [Int] {
    let ids = tokenizer.encode([
      TextPart(example.completion, parsesSpecialTokens: self == .verbatim)
    ])
    guard ending else { return ids }
    if case .chat = self {
      let end = try tokenizer.chatTemplate().endOfTurn
      return ids + tokenizer.encode([TextPart(end, parsesSpecialTokens: true)])
    }
    return ids + (tokenizer.endOfSequence.map { [$0] } ?? [])
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
      let end = try tokenizer.chatTemplate().endOfTurn
      let ids = tokenizer.encode([TextPart(end, parsesSpecialTokens: true)])
      if ids.count == 1 { stop.formUnion(ids) }
    }
    return stop
  }
}
