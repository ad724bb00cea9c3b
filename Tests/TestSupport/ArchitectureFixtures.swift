import Foundation
import InterchangeBasics
import InterchangeModels

/// The tiny random checkpoints of Tests/Fixtures/architectures.
package enum ArchitectureFixtures {
  package static let folder = TinyModels.folder.deletingLastPathComponent()
    .appending(component: "architectures")

  /// A form in the index.
  package struct Entry: Sendable {
    package let name: String
    package let kind: String
    package let type: String
    /// The texts for which llama.cpp computes transformers' logits with the form's GGUF file; empty
    /// where there is no such file.
    package let texts: [String]
  }

  package static let index: [Entry] = {
    guard let data = try? Data(contentsOf: folder.appending(component: "index.json")),
      case .array(let forms) = try? JSONParser.parse(Array(data))
    else { return [] }
    return forms.compactMap { form in
      guard let name = form["name"]?.string, let kind = form["kind"]?.string,
        let type = form["model_type"]?.string
      else { return nil }
      var texts: [String] = []
      if case .array(let elements)? = form["gguf"] { texts = elements.compactMap(\.string) }
      return Entry(name: name, kind: kind, type: type, texts: texts)
    }
  }()

  /// Language models that continue a text.
  package static let decoders = index.filter { $0.kind == "decoder" }.map(\.name)

  /// Models that read a text and give another.
  package static let encoderDecoders = index.filter { $0.kind == "encoder-decoder" }.map(\.name)

  /// Decoders, encoders and classifiers that are read; the one with a convolution is refused.
  package static let readable = index.filter {
    $0.kind != "encoder-decoder" && $0.name != "deberta-v2-xlarge"
  }.map(\.name)

  /// A form's network.
  package static func model(_ name: String) throws -> Model {
    Model(try ModelFamilies.architecture(in: ModelFolder(folder.appending(component: name))))
  }

  /// Copies a form's checkpoint into a new folder, with a tokenizer of its 48 tokens: letters and a
  /// few signs.
  package static func languageModel(_ name: String, in place: URL) throws -> LanguageModel {
    let copy = place.appending(component: name)
    try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
    for file in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        at: folder.appending(components: name, file), to: copy.appending(component: file))
    }
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789 .,!?").map(String.init)
    let vocabulary = letters.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
    let tokenizer = """
      {"version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": null,
       "post_processor": null, "decoder": null,
       "model": {"type": "BPE", "dropout": null, "unk_token": null,
        "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
        "vocab": {\(vocabulary)}, "merges": []}}
      """
    try Data(tokenizer.utf8).write(to: copy.appending(component: "tokenizer.json"))
    return try LanguageModel(contentsOf: copy)
  }
}
