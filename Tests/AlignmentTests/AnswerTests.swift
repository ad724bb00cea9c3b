import InterchangeAlignment
import InterchangeCausalModels
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers
import Testing

/// Answers in their place after a text.
@Suite struct AnswerTests {
  /// The tiny LLaMA with a SentencePiece vocabulary of the letters a, b and c.
  private func model() throws -> LanguageModel {
    let tokens = ["<unk>", "<s>", "</s>", "▁", "a", "b", "c", "▁a", "▁b", "▁c", "ab", "bc"]
    let tokenizer = try Tokenizer(
      vocabulary: VocabularyDescription(
        model: "llama", tokens: tokens,
        scores: [0, 0, 0, -9, -9, -9, -9, -3, -3, -3, -2, -4],
        tokenTypes: [2, 3, 3] + Array(repeating: 1, count: 9), beginningOfSequence: 1,
        endOfSequence: 2, unknown: 0))
    return try LanguageModel(
      TinyModels.languageModel().architecture, tokenizer: tokenizer, name: "letters")
  }

  @Test func oneTokenAfterItsText() throws {
    let model = try model()
    #expect(try model.answerTokens([" a", " b", "c"], after: "a b") == [7, 8, 6])
    #expect(try model.answerTokens([], after: "a b") == [])
  }

  @Test func severalTokensAreRefusedWithTheReason() throws {
    let model = try model()
    #expect(
      line { _ = try model.answerTokens([" a", " aca"], after: "a") }
        == "the answer ' aca' is 3 tokens in this vocabulary; expected one, as an interchange is "
        + "judged by the token after the prompt")
    #expect(
      line { _ = try model.answerTokens(["b"], after: "c a") }
        == "the answer 'b': expected a token of its own after 'c a', found one over the prompt's end "
        + "in this vocabulary")
  }

  /// A task whose answers are words with a space before them.
  @Test func aTaskOfASentencePieceVocabulary() throws {
    let model = try model()
    let letters = try CausalModel(
      [.input("letter"), .mechanism("answer", of: "letter") { $0[0] }], output: "answer")
    func prompt(_ text: String) throws -> Prompt {
      let logits = try model.logits(after: text)
      let answer = logits[0, 7] > logits[0, 8] ? " a" : " b"
      return try Prompt(
        text: text, template: "text", setting: ["letter": .string(answer)], answer: answer)
    }
    let pair = try CounterfactualExample(
      base: prompt("c b a"), sources: [prompt("a a c")], variables: ["letter"],
      answers: [" a", " b"], model: letters)
    let examples = try TaskExamples(
      CounterfactualDataset(task: "letters", changing: "letter", examples: [pair]), for: model)
    #expect(examples.count == 1 && examples[0].answers == [7, 8])
    #expect([7, 8].contains(examples[0].label))
  }
}
