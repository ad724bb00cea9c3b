import Foundation
import InterchangeBasics

/// A form in which a folder can hold a tokenizer.
protocol TokenizerFormat: Sendable {
  /// The files' names, for messages.
  static var files: String { get }

  /// True when the folder has the files.
  static func isPresent(in folder: URL) -> Bool

  /// The tokenizer of a folder that has the files.
  static func tokenizer(in folder: URL) throws(TokenizerError) -> Tokenizer
}

/// The forms that are known, in the order in which they are looked for.
enum TokenizerFormats {
  static let all: [any TokenizerFormat.Type] = [
    TokenizerJSONFormat.self, VocabularyTextFormat.self, MergesTextFormat.self,
    SentencePieceFormat.self, TekkenFormat.self, TiktokenFormat.self,
  ]
}

extension TokenizerFormat {
  /// The first of some files that a folder has.
  static func file(in folder: URL, among names: [String]) -> URL? {
    names.lazy.map { folder.appending(component: $0) }.first(where: \.exists)
  }
}

/// `tokenizer.json`.
enum TokenizerJSONFormat: TokenizerFormat {
  static let files = "tokenizer.json"

  static func isPresent(in folder: URL) -> Bool {
    file(in: folder, among: [files]) != nil
  }

  static func tokenizer(in folder: URL) throws(TokenizerError) -> Tokenizer {
    try Tokenizer(tokenizerJSON: folder.appending(component: files))
  }
}

/// The class of transformers that a folder's tokenizer is made by.
struct TokenizerClass {
  /// Its name, without "Tokenizer" and what follows it; nil when the folder names none.
  let name: String?
  /// The `model_type` of `config.json`.
  let modelType: String?
  private let folder: URL

  /// The class that `tokenizer_config.json` names, or `config.json`, or that its kind of model has.
  init(folder: URL, _ settings: TokenizerSettings?) throws(TokenizerError) {
    self.folder = folder
    let url = folder.appending(component: "config.json")
    let configuration =
      url.exists ? try TokenizerFile(name: url.path, bytes: Tokenizer.bytes(of: url)) : nil
    modelType = configuration?.root["model_type"]?.string
    let generic = ["PreTrained", "TokenizersBackend", ""]
    let names = [settings?.document, configuration].compactMap {
      $0?.root["tokenizer_class"]?.string
    }
    let own = names.lazy.map(Self.short).first { !generic.contains($0) }
    name = own ?? modelType.flatMap { Self.ofModels[$0] }
  }

  /// The class's kind; nil when the folder names no class.
  ///
  /// - Throws: an error for a class that isn't known, whose tokenizer may be another one.
  func kind<Kind>(
    among known: [(names: [String], kind: Kind)]
  ) throws(TokenizerError) -> Kind? {
    guard let name else { return nil }
    guard let kind = known.first(where: { $0.names.contains(name) })?.kind else {
      throw TokenizerError(
        source: folder.path, field: "tokenizer_class",
        expected: "a tokenizer.json, or one of the classes "
          + listed(known.flatMap(\.names).sorted().map { $0 + "Tokenizer" }),
        found: quoted(name + "Tokenizer", upTo: 60))
    }
    return kind
  }

  private static func short(_ name: String) -> String {
    name.range(of: "Tokenizer").map { String(name[..<$0.lowerBound]) } ?? name
  }

  private static let ofModels = [
    "albert": "Albert", "bart": "Roberta", "bert": "Bert", "clip": "CLIP",
    "clip_text_model": "CLIP", "codegen": "GPT2", "deberta-v2": "DebertaV2",
    "convbert": "Bert", "distilbert": "Bert", "electra": "Bert", "gemma": "Gemma",
    "gemma2": "Gemma",
    "gemma3": "Gemma", "gemma3_text": "Gemma", "gpt2": "GPT2", "gpt_neo": "GPT2",
    "gptj": "GPT2", "layoutlm": "Bert", "led": "LED", "llama": "Llama",
    "longformer": "Roberta", "mobilebert": "Bert", "mpnet": "MPNet", "mt5": "T5",
    "openai-gpt": "OpenAIGPT",
    "opt": "GPT2", "phi": "GPT2", "qwen2": "Qwen2", "qwen2_moe": "Qwen2", "qwen3": "Qwen2",
    "qwen3_moe": "Qwen2", "recurrent_gemma": "Gemma", "roberta": "Roberta", "squeezebert": "Bert",
    "t5": "T5",
    "t5gemma": "Gemma", "umt5": "T5", "xlm-roberta": "XLMRoberta",
  ]
}
