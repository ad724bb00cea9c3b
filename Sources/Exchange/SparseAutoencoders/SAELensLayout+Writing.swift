import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeInterventions
import InterchangeTensors

extension SAELensLayout {
  /// The names of the files that ``write(_:about:to:)`` writes.
  public static let fileNames = ["sae_weights.safetensors", "cfg.json"]

  /// Writes an autoencoder as SAELens saves one, for `SAE.load_from_disk` there and
  /// `SparseAutoencoder.read` here.
  ///
  /// - Parameters:
  ///   - about: what stands under `metadata`, such as the model and the hook
  ///   - folder: one that is there
  /// - Returns: the files
  /// - Throws: `CheckpointError` for a transcoder, for one whose input bias isn't its output's, and
  ///   when a file can't be written.
  @discardableResult
  public static func write(
    _ autoencoder: SparseAutoencoder, about: [String: JSONValue] = [:], to folder: URL
  ) throws -> [URL] {
    let urls = fileNames.map { folder.appending(component: $0) }
    func refused(_ expected: String, _ found: String) -> CheckpointError {
      .malformed(
        file: urls[0].path(percentEncoded: false), place: "autoencoder", expected: expected,
        found: found)
    }
    guard !autoencoder.isTranscoder else {
      throw refused("one that writes what it reads", "a transcoder")
    }
    let input = autoencoder.inputBias
    guard input == nil || input?.elements == autoencoder.decoderBias.elements else {
      throw refused("the decoder's bias taken away before the encoder, or none", "another one")
    }
    var tensors = [
      ("W_enc", autoencoder.encoder.transposed()), ("W_dec", autoencoder.decoder),
      ("b_dec", autoencoder.decoderBias),
    ]
    var settings: [(String, JSONValue)] = [
      ("d_in", .integer(autoencoder.width)), ("d_sae", .integer(autoencoder.featureCount)),
      ("dtype", .string("float32")), ("device", .string("cpu")),
      ("apply_b_dec_to_input", .bool(input != nil)),
      ("normalize_activations", .string(autoencoder.normalization.rawValue)),
      ("reshape_activations", .string("none")),
      (
        "metadata",
        .object(about.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: $0.value) })
      ),
    ]
    if case .gated(let scale, let gate, let magnitude) = autoencoder.activation {
      tensors += [("r_mag", scale), ("b_gate", gate), ("b_mag", magnitude)]
    } else {
      tensors.append(("b_enc", autoencoder.encoderBias))
    }
    switch autoencoder.activation {
    case .relu: settings.append(("architecture", .string("standard")))
    case .topK(let count):
      settings += [("architecture", .string("topk")), ("k", .integer(count))]
    case .jumpReLU(let threshold):
      settings.append(("architecture", .string("jumprelu")))
      tensors.append(("threshold", threshold))
    case .gated: settings.append(("architecture", .string("gated")))
    }
    try Safetensors.write(tensors.map { (name: $0.0, tensor: $0.1) }, to: urls[0])
    let document = JSONValue.object(settings.map { .init(key: $0.0, value: $0.1) })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try writeAtomically(encoder.encode(document) + Data("\n".utf8), to: urls[1])
    } catch let error as FileSystemError {
      throw CheckpointError.unwritable(file: error.path, reason: error.reason)
    }
    return urls
  }
}
