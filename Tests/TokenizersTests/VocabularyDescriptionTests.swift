import InterchangeTokenizers
import Testing

@Suite struct VocabularyDescriptionTests {
  static let byteLevel = VocabularyDescription(
    model: "gpt2", preTokenizer: "gpt-2", tokens: ["a", "b", "ab"], merges: ["a b"])
  static let scored = VocabularyDescription(
    model: "llama", tokens: ["<unk>", "<s>", "</s>", "a"], scores: [0, 0, 0, -1])

  struct Fault: Sendable, CustomTestStringConvertible {
    var message: String
    var base: VocabularyDescription
    var change: @Sendable (inout VocabularyDescription) -> Void
    var testDescription: String { message }
  }

  static let faults: [Fault] = [
    Fault(
      message: #"model: expected "gpt2", "llama", "bert", "t5" or "gemma4", found "rwkv""#,
      base: byteLevel
    ) { $0.model = "rwkv" },
    Fault(
      message:
        "pre: expected a known pre-tokenizer, \(listed(WordsKind.names)), found \"new\\nkind\"",
      base: byteLevel
    ) { $0.preTokenizer = "new\nkind" },
    Fault(
      message:
        "pre: expected a known pre-tokenizer, \(listed(WordsKind.names)), found none",
      base: byteLevel
    ) { $0.preTokenizer = nil },
    Fault(message: "tokens: expected at least one token, found none", base: byteLevel) {
      $0.tokens = []
    },
    Fault(
      message: #"tokens[2]: expected each token once, found "a" again, which is token 0"#,
      base: byteLevel
    ) { $0.tokens[2] = "a" },
    Fault(
      message: "tokens[1]: expected at most 4096 bytes, found 5000", base: byteLevel
    ) { $0.tokens[1] = String(repeating: "b", count: 5000) },
    Fault(
      message: "merges: expected the merges of a \"gpt2\" vocabulary, found none", base: byteLevel
    ) {
      $0.merges = nil
    },
    Fault(
      message: #"merges[1]: expected tokens of the vocabulary, found "c""#, base: byteLevel
    ) { $0.merges?.append("a c") },
    Fault(
      message: #"merges[1]: expected tokens of the vocabulary, found "ba""#, base: byteLevel
    ) { $0.merges?.append("b a") },
    Fault(
      message: #"merges[0]: expected two tokens with a space between, found """#, base: byteLevel
    ) { $0.merges = [""] },
    Fault(message: "token_type: expected 3 types, one a token, found 1", base: byteLevel) {
      $0.tokenTypes = [1]
    },
    Fault(message: "token_type[1]: expected a type from 1 to 6, found 9", base: byteLevel) {
      $0.tokenTypes = [1, 9, 1]
    },
    Fault(
      message: #"tokens[0]: expected a byte token spelled as <0x0A>, found "a""#, base: byteLevel
    ) { $0.tokenTypes = [6, 1, 1] },
    Fault(message: "bos_token_id: expected an id below the 3 tokens, found 3", base: byteLevel) {
      $0.beginningOfSequence = 3
    },
    Fault(message: "eos_token_id: expected an id below the 3 tokens, found -2", base: byteLevel) {
      $0.endOfSequence = -2
    },
    Fault(
      message: "bos_token_id: expected a token, as add_bos_token is true, found none",
      base: byteLevel
    ) {
      $0.beginningOfSequence = Int(UInt32.max)
      $0.addsBeginningOfSequence = true
    },
    Fault(
      message: "scores: expected the scores of a \"llama\" vocabulary, found none", base: scored
    ) {
      $0.scores = nil
    },
    Fault(message: "scores: expected 4 scores, one a token, found 3", base: scored) {
      $0.scores?.removeLast()
    },
    Fault(message: "scores[3]: expected a number, found NaN", base: scored) {
      $0.scores?[3] = .nan
    },
    Fault(
      message: "unknown_token_id: expected a token, as not all bytes have one, found none",
      base: scored
    ) { $0.unknown = Int(UInt32.max) },
  ]

  @Test(arguments: faults)
  func faultsAreNamedInOneLine(fault: Fault) {
    #expect(throws: Never.self) { try Tokenizer(vocabulary: fault.base) }
    var description = fault.base
    fault.change(&description)
    let error = #expect(throws: TokenizerError.self) { try Tokenizer(vocabulary: description) }
    #expect(error?.description == "vocabulary: tokenizer.ggml.\(fault.message)")
  }

  @Test func rolesHaveTheirDefaults() throws {
    let scored = try Tokenizer(vocabulary: Self.scored)
    #expect(scored.unknown == 0 && scored.beginningOfSequence == 1 && scored.endOfSequence == 2)
    #expect(scored.addsBeginningOfSequence && !scored.addsEndOfSequence)
    let byteLevel = try Tokenizer(vocabulary: Self.byteLevel)
    #expect(byteLevel.beginningOfSequence == nil && byteLevel.unknown == nil)
    #expect(byteLevel.count == 3)
  }

  @Test func tokensWithoutTextAreHarmless() throws {
    var description = Self.byteLevel
    description.tokens += ["", ""]
    let tokenizer = try Tokenizer(vocabulary: description)
    #expect(tokenizer.count == 5)
    #expect(tokenizer.decode([3, 2, 4]) == "ab")
    #expect(tokenizer.id(of: "") == nil)
  }
}
