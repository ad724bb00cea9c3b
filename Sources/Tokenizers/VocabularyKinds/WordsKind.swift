/// The ways to cut text into words that `tokenizer.ggml.pre` names, as llama.cpp has them.
package struct WordsKind: Sendable {
  package let preTokenizer: PreTokenizer
  /// True when words that are tokens are taken as they are, whatever the merges.
  let takesWholeWords: Bool
  /// True when the beginning of a sequence is marked, unless the file says otherwise.
  let addsBeginning: Bool

  /// The kind of this name; nil for one that isn't known.
  package init?(name: String) {
    guard let kind = Self.kinds.first(where: { $0.names.contains(name) }) else { return nil }
    var steps: [any PreTokenizerStep] = []
    for cut in kind.cuts {
      guard let pattern = cut.pattern else { return nil }
      steps.append(Cut(pattern, .isolated))
    }
    preTokenizer = PreTokenizer(steps: steps)
    (takesWholeWords, addsBeginning) = (kind.takesWholeWords, kind.addsBeginning)
  }

  /// All names that are known.
  package static let names = kinds.flatMap(\.names)

  /// A pattern whose matches are words.
  private enum Words: Sendable {
    case known(SplitPattern)
    case regular(String)

    var pattern: (any TextPattern)? {
      switch self {
      case .known(let pattern): pattern
      case .regular(let source): Patterns.regularExpression(source)
      }
    }
  }

  private struct Kind: Sendable {
    var names: [String]
    var cuts: [Words]
    var takesWholeWords = false
    var addsBeginning = false
  }

  private static let numbers = Words.regular(#"\p{N}"#)
  private static let threeNumbers = Words.regular(#"\p{N}{1,3}"#)
  private static let spaces = #"\s+(?!\S)|\s+"#
  private static let lines = #"\s*[\r\n]+|"# + spaces
  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let han = #"[\x{4E00}-\x{9FA5}\x{0800}-\x{4E00}\x{AC00}-\x{D7FF}]+"#
  private static let hanAndKana = #"[\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+"#
  private static let marks = ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|"##
  private static let marksAndLetters =
    marks + #"[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"# + lines
  private static let sentences = #" ?[^(\s|.,!?…。，、।۔،)]+"#

  /// Words whose capitals come before their small letters, with `end` after them.
  private static func caseWords(_ end: String) -> String {
    let (upper, lower) = (#"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#)
    let start = #"[^\r\n\p{L}\p{N}]?"#
    return "\(start)\(upper)*\(lower)+\(end)|\(start)\(upper)+\(lower)*\(end)"
  }

  static let gpt4o =
    caseWords(contractions + "?") + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + lines

  /// LLaMA 3's pattern with others for contractions and numbers, and for what follows marks.
  private static func llama3(
    _ contractions: String = contractions + "|", letters: String = #"\p{L}+"#,
    numbers: String = #"\p{N}"#, others: String = #" ?[^\s\p{L}\p{N}]+[\r\n]*"#,
    lines: String = lines
  ) -> Words {
    .regular(
      contractions + #"[^\r\n\p{L}\p{N}]?"# + letters + "|" + numbers + "|" + others + "|" + lines)
  }

  private static let kinds: [Kind] = [
    Kind(
      names: ["default"],
      cuts: [
        .regular(#"[\p{P}$+<=>^~|]+"#), .known(.gpt2), .regular(#"\p{N}+"#),
        .regular("[0-9][0-9][0-9]"),
      ]),
    Kind(
      names: [
        "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0",
        "lfm2", "jina-v5-nano",
      ], cuts: [.known(.llama3(digits: 3))], takesWholeWords: true, addsBeginning: true),
    Kind(
      names: ["dbrx", "smaug-bpe", "chatglm-bpe"], cuts: [.known(.llama3(digits: 3))]),
    Kind(names: ["glm4"], cuts: [.known(.llama3(digits: 3))], takesWholeWords: true),
    Kind(
      names: [
        "qwen2", "stablelm2", "deepseek-r1-qwen", "megrez", "hunyuan", "kormo", "f2llmv2",
        "solar-open", "grok-2",
      ], cuts: [.known(.llama3(digits: 1))]),
    Kind(
      names: [
        "gpt-2", "phi-2", "mpt", "olmo", "jais", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de",
        "jina-v1-en", "jina-v2-code", "roberta-bpe", "gigachat", "a.x-4.0", "mellum",
        "modern-bert", "exaone4", "trillion", "granite-docling",
      ], cuts: [.known(.gpt2)]),
    Kind(
      names: [
        "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b",
        "mellum2",
      ], cuts: [numbers, .known(.gpt2)]),
    Kind(
      names: ["falcon"],
      cuts: [.regular(#"[\p{P}$+<=>^~|`]+"#), .known(.gpt2), .regular("[0-9][0-9][0-9]")]),
    Kind(
      names: ["tekken"],
      cuts: [
        .regular(caseWords("") + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + lines)
      ], takesWholeWords: true, addsBeginning: true),
    Kind(
      names: ["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"], cuts: [.regular(gpt4o)]),
    Kind(
      names: ["granite-embed-multi-97m"], cuts: [.regular(gpt4o)], takesWholeWords: true),
    Kind(
      names: ["tiny_aya", "cohere2moe"],
      cuts: [.regular(#"\d{1,3}(?=(?:\d{3})*\b)"#), .regular(gpt4o)]),
    Kind(
      names: ["qwen35"],
      cuts: [
        llama3(letters: #"[\p{L}\p{M}]+"#, others: #" ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"#)
      ]),
    Kind(names: ["bloom", "poro-chat", "gpt3-finnish"], cuts: [.regular(sentences)]),
    Kind(names: ["viking"], cuts: [.regular(sentences), numbers]),
    Kind(
      names: ["deepseek-llm"],
      cuts: [
        .regular(#"[\r\n]"#), .regular(#"\s?["# + casedLetters + "]+"),
        .regular(
          #"\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+"#),
        .regular(#"\s+$"#), .regular(han), .regular(#"\p{N}+"#),
      ]),
    Kind(
      names: ["deepseek-coder"],
      cuts: [
        .regular(#"[\r\n]"#), .regular(#"\s?\p{L}+"#), .regular(#"\s?\p{P}+"#), .regular(han),
        numbers,
      ]),
    Kind(
      names: ["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"],
      cuts: [threeNumbers, .regular(hanAndKana), .regular(marksAndLetters)]),
    Kind(
      names: ["bailingmoe", "bailingmoe2", "llada-moe"],
      cuts: [llama3("'(?i:[sdmt]|ll|ve|re)|", lines: #"\s*[\r\n]|"# + spaces)]),
    Kind(
      names: ["seed-coder"], cuts: [llama3(others: #" ?[^\s\p{L}\p{N}\r\n]+"#)]),
    Kind(names: ["ufakzeka"], cuts: [llama3("")]),
    Kind(
      names: ["exaone-moe"],
      cuts: [
        llama3(
          letters: #"(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+"#, others: #" ?[^\s\p{L}\p{N}]+[\r\n/]?"#,
          lines: #"\s*[\r\n]|"# + spaces)
      ]),
    Kind(
      names: ["jais-2"],
      cuts: [
        llama3(
          numbers: #"\p{N}{1,3}"#,
          lines: #"\s*[\r\n]+|"#
            + [512, 256, 128, 64, 32, 16, 8, 4].map { #"\s{\#($0)}(?!\S)|"# }.joined()
            + #"\s{1,2}(?!\S)|\s"#)
      ]),
    Kind(
      names: ["spark2_5"],
      cuts: [
        threeNumbers, .regular(hanAndKana),
        .regular(
          marks + #"[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|"# + spaces),
        numbers,
      ]),
    Kind(
      names: ["youtu"],
      cuts: [
        .regular(
          #"[\x{AC00}-\x{D7A3}\x{3131}-\x{318E}]+|"#
            + #"[！…“”‘’—：；，\x{3001}-\x{303F}\x{FE30}-\x{FE4F}]+|[\x{3105}-\x{312F}]+|"#
            + hanAndKana),
        .regular(
          caseWords(contractions + "?") + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + lines),
      ], takesWholeWords: true),
    Kind(names: ["laguna"], cuts: [.regular(#"[^\n]+|[\n]+"#), .known(.llama3(digits: 1))]),
    Kind(
      names: ["minicpm5"], cuts: [threeNumbers, llama3(numbers: #"\p{N}+"#)],
      takesWholeWords: true),
    Kind(
      names: ["chameleon"],
      cuts: [
        .regular("<sentinel:[0-9]+>"), .regular("(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z"),
        .regular(#"([\t\n]|    |  )"#), numbers, .regular(#"[\p{P}!-/:-@\[-`{-~]"#),
        .known(.gpt2),
      ], addsBeginning: true),
  ]

  /// The letters that DeepSeek's first pattern names.
  private static let casedLetters =
    #"\x{41}-\x{5A}\x{61}-\x{7A}\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}"#
    + #"\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}"#
    + #"\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}"#
    + #"\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}"#
    + #"\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}"#
    + #"\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}"#
    + #"\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}"#
    + #"\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}"#
    + #"\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}"#
    + #"\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}"#
    + #"\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}"#
    + #"\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}"#
    + #"\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}"#
    + #"\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}"#
    + #"\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}"#
    + #"\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}"#
    + #"\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}"#
    + #"\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}"#
}
