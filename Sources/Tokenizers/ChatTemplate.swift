import InterchangeBasics

/// One turn of a conversation.
public struct ChatMessage: Codable, Sendable, Equatable {
  /// The speaker of a message.
  public enum Role: String, Codable, Sendable, CaseIterable {
    /// The instructions for the whole conversation, the person, and the model.
    case system, user, assistant
  }

  /// The speaker.
  public var role: Role
  /// The text of the message, without any mark of the template.
  public var content: String

  /// A message of a speaker.
  public init(_ role: Role, _ content: String) {
    (self.role, self.content) = (role, content)
  }
}

/// The form of a chat model's conversations, as the checkpoint's own `chat_template` gives it.
///
/// A checkpoint's template is a program in Jinja. It is not executed: the families below are
/// recognized by what their templates put out, and give exactly the text that the template gives;
/// any other is refused.
public struct ChatTemplate: Sendable, Equatable {
  /// The kinds of templates that are known.
  public enum Family: String, Sendable, CaseIterable {
    /// `<|im_start|>role … <|im_end|>`, with a system message of its own or without.
    case chatML = "ChatML (SmolLM2, Qwen2)"
    /// `[INST] … [/INST]`, the system message inside the first, between `<<SYS>>` and `<</SYS>>`.
    case llama2 = "LLaMA 2"
    /// With the fixed date "26 Jul 2024" where 3.1 and 3.2 show one.
    case llama3 = "LLaMA 3"
    /// `[INST] … [/INST]`, any system message inside a user message.
    case mistral = "Mistral"
    /// `<|user|> … </s>`.
    case zephyr = "Zephyr"
    /// `<|user|> … <|end|>`.
    case phi3 = "Phi 3"
    /// `<start_of_turn>user … <end_of_turn>`.
    case gemma = "Gemma"
  }

  /// The kind of template.
  public let family: Family
  let layout: ChatLayout

  /// The template of a checkpoint.
  ///
  /// - Parameters:
  ///   - source: the checkpoint's `chat_template`
  ///   - beginning: the spelling of the token that begins a sequence, for templates that name it
  ///   - end: the spelling of the token that ends a sequence, for templates that name it
  /// - Throws: ``TokenizerError`` that lists the known families when the template is of none of
  ///   them.
  public init(
    _ source: String, beginningOfSequence beginning: String?, endOfSequence end: String?
  ) throws(TokenizerError) {
    let outputs = JinjaOutputs(source)
    guard let (family, recognised) = ChatLayout.recognise(outputs) else {
      throw TokenizerError(
        source: "vocabulary", field: "chat_template",
        expected: "a template of " + Family.allCases.map(\.rawValue).joined(separator: ", "),
        found: quoted(source, upTo: 40))
    }
    var layout = recognised
    for (mark, token) in [(ChatLayout.beginning, beginning), (ChatLayout.end, end)]
    where layout.mentions(mark) {
      guard let token else {
        throw TokenizerError(
          source: "vocabulary", field: mark == ChatLayout.end ? "eos_token" : "bos_token",
          expected: "a token, as the chat template of \(family.rawValue) has it", found: "none")
      }
      layout.replace(mark, with: token)
    }
    (self.family, self.layout) = (family, layout)
  }

  /// The text that ends an assistant's turn and that generation stops at, e.g. `<|im_end|>`.
  public var endOfTurn: String { layout.endOfTurn }

  /// The conversation as the model reads it. Special tokens are only those of the template: a
  /// message that spells one out stays text (LLaMA 2's and Mistral's `[INST]` are text themselves).
  ///
  /// - Parameter addsGenerationPrompt: begins the assistant's next turn at the end
  /// - Throws: ``TokenizerError`` naming the message when its role can't be in its place.
  public func parts(
    _ messages: [ChatMessage], addsGenerationPrompt: Bool = true
  ) throws(TokenizerError) -> [TextPart] {
    try layout.parts(messages, addsGenerationPrompt: addsGenerationPrompt)
  }

  /// The text of ``parts(_:addsGenerationPrompt:)``.
  ///
  /// - Throws: as ``parts(_:addsGenerationPrompt:)``.
  public func text(
    _ messages: [ChatMessage], addsGenerationPrompt: Bool = true
  ) throws(TokenizerError) -> String {
    try parts(messages, addsGenerationPrompt: addsGenerationPrompt).map(\.text).joined()
  }
}

extension Tokenizer {
  /// The checkpoint's chat template.
  ///
  /// - Throws: ``TokenizerError`` when it has none, or one of no known family.
  public func chatTemplate() throws(TokenizerError) -> ChatTemplate {
    guard let chatTemplateSource else {
      throw TokenizerError(
        source: "vocabulary", field: "chat_template", expected: "a template for conversations",
        found: "none: this is no chat model")
    }
    func spelling(_ id: Int?) -> String? { id.map { vocabulary.spelling(of: $0) } }
    return try ChatTemplate(
      chatTemplateSource, beginningOfSequence: spelling(beginningOfSequence),
      endOfSequence: spelling(endOfSequence))
  }

  /// The ids of a conversation in the checkpoint's own form.
  ///
  /// - Throws: ``TokenizerError`` as ``chatTemplate()`` and
  ///   ``ChatTemplate/parts(_:addsGenerationPrompt:)``.
  public func encode(
    _ messages: [ChatMessage], addsGenerationPrompt: Bool = true
  ) throws(TokenizerError) -> [Int] {
    encode(try chatTemplate().parts(messages, addsGenerationPrompt: addsGenerationPrompt))
  }
}
