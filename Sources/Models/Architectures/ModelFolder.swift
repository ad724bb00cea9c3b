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
  private(set) var openedCheckpoint: (any Checkpoint)?
  private var readTokenizer: Tokenizer?

  /// The fields of `config.json` that say nothing of what a network computes, whatever its family.
  public static let commonFields: Set<String> = [
    "_name_or_path", "architectures", "bos_token_id", "dtype", "eos_token_id",
    "gradient_checkpointing",
    "initializer_range", "model_type", "pad_token_id", "sep_token_id", "torch_dtype",
    "transformers_version", "use_cache",
  ]

  /// Reads a folder's `config.json`.
  ///
  /// - Throws: `CheckpointError` when it can't be read or isn't a JSON object.
  public init(_ url: URL, weights: WeightForm = .stored) throws {
    (self.url, self.weights) = (url, weights)
    configuration = try ModelConfiguration(contentsOf: url)
  }

  /// The tensors, in safetensors or a `pytorch_model.bin`.
  ///
  /// - Throws: `CheckpointError` when the folder has neither, or a file is damaged.
  public func checkpoint() throws -> any Checkpoint {
    if let openedCheckpoint { return openedCheckpoint }
    let checkpoint = try InterchangeCheckpoints.checkpoint(inFolder: url)
    openedCheckpoint = checkpoint
    return checkpoint
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
    let isPresent = ["tokenizer.json", "vocab.txt", "vocab.json"].contains {
      url.appending(component: $0).exists
    }
    return isPresent ? try tokenizer() : nil
  }

  /// The name of the architecture in the configuration, for messages.
  func architectureName() throws -> String {
    let classes: [String]? = try configuration.valueIfPresent("architectures")
    return try classes?.first ?? configuration.valueIfPresent("model_type") ?? "none"
  }
}
