import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTokenizers

/// A folder with `config.json`, weights and a tokenizer's files, each read once.
public final class ModelFolder {
  /// The folder.
  public let url: URL
  /// The form in which weights are to be held.
  public let weights: WeightForm
  /// The fields of `config.json`.
  public let configuration: ModelConfiguration
  /// What was noticed while reading that the user should know, a sentence each: where the files
  /// contradict each other and which of them counts.
  public private(set) var notes: [String] = []
  private(set) var openedCheckpoint: ObservedCheckpoint?
  private var readTokenizer: Tokenizer?

  /// The fields of `config.json` that say nothing of what a network computes, whatever its family.
  public static let commonFields = KnownFields(
    applied: ["architectures", "eos_token_id", "model_type", "quantization_config"],
    harmless: [
      "_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_name_or_path",
      "auto_map", "bos_token_id", "cls_token_id", "custom_pipelines", "decoder_start_token_id",
      "dtype", "finetuning_task", "forced_bos_token_id", "forced_eos_token_id",
      "gradient_checkpointing", "id2label", "initializer_range", "label2id", "license",
      "output_attentions", "output_hidden_states", "output_past", "pad_token_id", "problem_type",
      "return_dict", "sep_token_id", "task_specific_params", "tokenizer_class", "torch_dtype",
      "torchscript", "transformers.js_config", "transformers_version", "unsloth_fixed",
      "unsloth_version", "use_cache",
      // Settings of generation, which older files keep here.
      "bad_words_ids", "diversity_penalty", "do_sample", "early_stopping",
      "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty", "length_penalty",
      "max_length", "max_new_tokens", "min_length", "no_repeat_ngram_size", "num_beam_groups",
      "num_beams", "num_return_sequences", "output_scores", "prefix", "remove_invalid_values",
      "repetition_penalty", "return_dict_in_generate", "suppress_tokens", "begin_suppress_tokens",
      "temperature", "top_k", "top_p", "typical_p",
    ],
    harmlessAt: [
      "add_cross_attention": [.bool(false)], "chunk_size_feed_forward": [.integer(0)],
      "is_decoder": [.bool(false)], "is_encoder_decoder": [.bool(false)],
    ])

  /// Reads a folder's `config.json`.
  ///
  /// - Throws: `CheckpointError` when it can't be read or isn't a JSON object.
  public init(_ url: URL, weights: WeightForm = .stored) throws {
    (self.url, self.weights) = (url, weights)
    configuration = try ModelConfiguration(contentsOf: url)
  }

  /// Adds a sentence to the ``notes``.
  public func note(_ sentence: String) { notes.append("\(url.path): \(sentence)") }

  /// The tensors, in safetensors or a `pytorch_model.bin`, dequantized where they are quantized;
  /// which of them are read is noted.
  ///
  /// - Throws: `CheckpointError` when the folder has neither, a file is damaged, or the
  ///   quantization isn't known.
  public func checkpoint() throws -> ObservedCheckpoint {
    if let openedCheckpoint { return openedCheckpoint }
    let checkpoint = ObservedCheckpoint(try InterchangeCheckpoints.checkpoint(inFolder: url))
    openedCheckpoint = checkpoint
    checkpoint.notes.forEach(note)
    return checkpoint
  }

  /// Tells whether an output head is the embedding table, where the two are to be tied.
  ///
  /// A file may have a head of its own all the same. Where that differs from the table, it is the
  /// one that the reference uses, and so it is here, with a note.
  ///
  /// - Throws: `CheckpointError` when there is no table.
  func ties(_ head: String, to table: String, ifConfigured: Bool) throws -> Bool {
    let checkpoint = try checkpoint()
    guard ifConfigured, checkpoint.contains(head) else { return ifConfigured }
    let (first, second) = (try checkpoint.peek(head), try checkpoint.peek(table))
    guard first.shape == second.shape, first.hasSameElements(as: second) else {
      note(
        "\(head) differs from \(table), which tie_word_embeddings says it is: "
          + "the file's own head is used")
      return false
    }
    // It is the table: nothing is left unread.
    _ = try checkpoint.tensor(named: head)
    return true
  }

  /// A reader of the tensors, in the form in which they are to be held.
  ///
  /// - Throws: as ``checkpoint()``.
  public func reader() throws -> CheckpointReader {
    CheckpointReader(try checkpoint(), form: weights)
  }

  /// The tokenizer.
  ///
  /// - Throws: `TokenizerError` when the folder has none, or one that isn't known here.
  public func tokenizer() throws -> Tokenizer {
    if let readTokenizer { return readTokenizer }
    let tokenizer = try Tokenizer(folder: url)
    readTokenizer = tokenizer
    return tokenizer
  }

  /// The tokenizer, nil when the folder has no file of one.
  ///
  /// - Throws: `TokenizerError` for one that isn't known here.
  public func tokenizerIfPresent() throws -> Tokenizer? {
    Tokenizer.isPresent(in: url) ? try tokenizer() : nil
  }

  /// The name of the architecture in the configuration, for messages: its class, or its type where
  /// the class is one that is known, as others have used the names of known ones.
  func architectureName() throws -> String {
    let classes: [String]? = try configuration.valueIfPresent("architectures")
    let type: String? = try configuration.valueIfPresent("model_type")
    guard let name = classes?.first else { return type ?? "none" }
    return ModelFamilies.all.contains { $0.names.contains(name) } ? type ?? name : name
  }
}
