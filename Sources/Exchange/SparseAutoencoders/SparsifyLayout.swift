import InterchangeBasics
import InterchangeCheckpoints
import InterchangeInterventions
import InterchangeTensors

/// Top-k autoencoders and transcoders of EleutherAI's sparsify: `sae.safetensors` with
/// `encoder.weight` [features, width], `encoder.bias`, `W_dec` [features, width], `b_dec`, and
/// `cfg.json`.
public enum SparsifyLayout: SparseAutoencoderLayout {
  public static let name = "sparsify"

  public static func isLayout(_ file: SparseAutoencoderFile) -> Bool {
    file.contains("encoder.weight", "W_dec")
  }

  private static let fields = KnownFields(
    applied: ["k", "d_in", "num_latents", "expansion_factor", "transcode", "activation"],
    harmless: ["normalize_decoder", "multi_topk"],
    harmlessAt: ["skip_connection": [.bool(false)], "signed": [.bool(false)]])

  public static func read(_ file: SparseAutoencoderFile) throws -> SparseAutoencoder {
    try file.checkNames(["encoder.weight", "encoder.bias", "W_dec", "b_dec"])
    guard let settings = file.settings else {
      throw file.malformed("cfg.json", expected: "the autoencoder's settings", found: "no file")
    }
    try fields.check(settings)
    let activation: String = try settings.valueIfPresent("activation") ?? "topk"
    guard activation == "topk" else {
      throw file.malformed("field \"activation\"", expected: "topk", found: "\"\(activation)\"")
    }
    let output = try file.tensor("b_dec")
    let isTranscoder = try settings.valueIfPresent("transcode") ?? false
    return try SparseAutoencoder(
      encoder: file.tensor("encoder.weight"), encoderBias: file.tensor("encoder.bias"),
      decoder: file.tensor("W_dec"), decoderBias: output,
      inputBias: isTranscoder ? nil : output, activation: .topK(settings.value("k")),
      isTranscoder: isTranscoder, path: file.path)
  }
}
