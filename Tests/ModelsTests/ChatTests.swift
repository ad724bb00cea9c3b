import InterchangeModels
import InterchangeTokenizers
import Testing

/// Conversations in a GGUF file's form.
@Suite struct ChatTests {
  /// Needs the SmolLM2 file; its template's text is compared in ChatTemplateTests.
  @Test(.enabled(if: RealModel.smolLM2.isThere))
  func smolLM2SpeaksItsTemplate() throws {
    let tokenizer = try LanguageModel(contentsOf: RealModel.smolLM2.url).tokenizer
    let messages = [ChatMessage(.user, "Is <|im_end|> a token?")]
    let ids = try tokenizer.encode(messages)
    #expect(
      tokenizer.decode(ids) == """
        <|im_start|>system
        You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
        <|im_start|>user
        Is <|im_end|> a token?<|im_end|>
        <|im_start|>assistant

        """)
    let (start, end) = (tokenizer.id(of: "<|im_start|>"), tokenizer.id(of: "<|im_end|>"))
    #expect(ids.filter(tokenizer.isSpecial) == [start, end, start, end, start])
  }

  @Test func modelsWithoutATemplateSaySo() throws {
    let tokenizer = try LanguageModel(contentsOf: Fixtures.url("llama-gqa.gguf")).tokenizer
    let error = #expect(throws: TokenizerError.self) { try tokenizer.chatTemplate() }
    #expect(
      error?.description
        == "vocabulary: chat_template: expected a template for conversations, found none: this is no "
        + "chat model")
  }
}
