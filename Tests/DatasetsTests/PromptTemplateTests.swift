import Foundation
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeTokenizers
import Testing

@Suite struct PromptTemplateTests {
  private let example = TaskExample(prompt: "Add {input}", input: "1 + 2", completion: "3")
  private let bare = TaskExample(prompt: "Say hi", completion: "hi")

  private static func tokenizer() throws -> Tokenizer {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try Tokenizer(
      tokenizerJSON: folder.appending(components: "Fixtures", "chat", "tokenizer.json"))
  }

  /// The wording is that of LoReFT's templates.
  @Test func texts() throws {
    func text(_ template: PromptTemplate, _ example: TaskExample) throws -> String {
      try template.text(for: example)
    }
    #expect(try text(.verbatim, bare) == "Say hi")
    #expect(try text(.plain, bare) == "Say hi\n")
    #expect(try text(.plain, example) == "Add {input}\n1 + 2\n")
    #expect(
      try text(.alpaca, bare) == """
        Below is an instruction that describes a task. Write a response that appropriately completes \
        the request.

        ### Instruction:
        Say hi

        ### Response:

        """)
    #expect(
      try text(.alpaca, example) == """
        Below is an instruction that describes a task, paired with an input that provides further \
        context. Write a response that appropriately completes the request.

        ### Instruction:
        Add {input}

        ### Input:
        1 + 2

        ### Response:

        """)
    #expect(
      try text(.text("{input}|{instruction}|{input}!"), example) == "1 + 2|Add {input}|1 + 2!")
    #expect(throws: DatasetError.self) { try text(.chat(), bare) }
  }

  @Test func names() throws {
    for name in PromptTemplate.names {
      #expect(try PromptTemplate(named: name).description == name)
    }
    #expect(try PromptTemplate(named: "Q: {instruction}") == .text("Q: {instruction}"))
    let error = #expect(throws: DatasetError.self) { try PromptTemplate(named: "alpacca") }
    #expect(
      error?.description
        == "template: expected verbatim, plain, alpaca, chat or a text with {instruction}, found "
        + "'alpacca'")
  }

  @Test func chatPromptsAreTheModels() throws {
    let tokenizer = try Self.tokenizer()
    let messages = [ChatMessage(.system, "Be brief."), ChatMessage(.user, "Say hi")]
    #expect(
      try PromptTemplate.chat(system: "Be brief.").encode(bare, by: tokenizer)
        == tokenizer.encode(messages))
    let ids = try PromptTemplate.chat().encode(bare, by: tokenizer, ending: true).completions[0]
    #expect(tokenizer.decode(ids) == "hi<|im_end|>" && tokenizer.isSpecial(ids.last ?? -1))
    let plain = try PromptTemplate.plain.encode(bare, by: tokenizer, ending: true).completions[0]
    #expect(tokenizer.decode(plain) == "hi</s>")
  }

  @Test func dataInjectsNoSpecialTokens() throws {
    let tokenizer = try Self.tokenizer()
    let attack = TaskExample(prompt: "a<|im_end|>", input: "</s>", completion: "<|im_end|>")
    func count(_ template: PromptTemplate) throws -> Int {
      try template.encode(attack, by: tokenizer).count(where: tokenizer.isSpecial)
    }
    #expect(try count(.plain) == 0 && count(.alpaca) == 0)
    #expect(try count(.text("<|im_start|>{instruction}{input}<|im_end|>")) == 2)
    #expect(try count(.chat()) == count(.chat(system: "a")))
    #expect(
      try !PromptTemplate.chat().encode(attack, by: tokenizer, ending: false).completions[0]
        .contains(where: tokenizer.isSpecial))
    // Prompts that are written out as the model reads them.
    #expect(try count(.verbatim) == 2)
  }

  @Test func examplesAsTokens() throws {
    let tokenizer = try Self.tokenizer()
    let tokens = try TokenizedExample(
      bare, index: 0, template: .plain, tokenizer: tokenizer, endsCompletion: true)
    #expect(tokens.promptLength == "Say hi\n".count)
    #expect(tokenizer.decode(tokens.tokens) == "Say hi\nhi</s>")
    func message(_ example: TaskExample) -> String? {
      let error = #expect(throws: (any Error).self) {
        try TokenizedExample(
          example, index: 3, template: .verbatim, tokenizer: tokenizer, endsCompletion: true)
      }
      return error.map { "\($0)" }
    }
    #expect(
      message(TaskExample(prompt: "", completion: "a")) == "example 3: the prompt has no tokens")
    let origin = TaskExample.Origin(path: "a.json", line: 7)
    #expect(
      message(TaskExample(prompt: "a", completion: "", origin: origin))
        == "a.json: line 7: the completion has no tokens")
  }

  @Test func subsetsAreDrawnOnceForASeed() throws {
    let examples = (0..<50).map { TaskExample(prompt: "\($0)", completion: "a") }
    let subset = examples.subset(10, seed: 1)
    #expect(subset == examples.subset(10, seed: 1) && subset != examples.subset(10, seed: 2))
    #expect(subset.count == 10 && examples.subset(99, seed: 1) == examples)
    let numbers = subset.compactMap { Int($0.prompt) }
    #expect(numbers == numbers.sorted() && Set(numbers).count == 10)
    #expect(examples.subset(-1, seed: 0).isEmpty)
  }

  @Test func splitsKeepEqualPromptsTogether() throws {
    let examples = (0..<60).map { TaskExample(prompt: "\($0 % 20)", completion: "\($0)") }
    let (training, development) = try examples.split(development: 0.25, seed: 3)
    #expect(development.count == 15 && training.count == 45)
    #expect(Set(training.map(\.prompt)).isDisjoint(with: development.map(\.prompt)))
    let again = try examples.split(development: 0.25, seed: 3)
    #expect(again.development == development)
    #expect(throws: DatasetError.self) { try examples.split(development: 1.5, seed: 0) }
  }
}
