import InterchangeCheckpoints
import InterchangeInterventions
import InterchangeTensors

/// Gemma Scope's JumpReLU autoencoders (arXiv 2408.05147): `params.npz` with `W_enc` [width,
/// features], `W_dec` [features, width], `b_enc`, `b_dec` and `threshold`, without settings.
public enum GemmaScopeLayout: SparseAutoencoderLayout {
  public static let name = "Gemma Scope"

  private static let names = ["W_enc", "W_dec", "b_enc", "b_dec", "threshold"]

  public static func isLayout(_ file: SparseAutoencoderFile) -> Bool {
    names.allSatisfy { file.contains($0) } && file.settings == nil
  }

  public static func read(_ file: SparseAutoencoderFile) throws -> SparseAutoencoder {
    try file.checkNames(names)
    return try SparseAutoencoder(
      encoder: file.tensor("W_enc").transposed(), encoderBias: file.tensor("b_enc"),
      decoder: file.tensor("W_dec"), decoderBias: file.tensor("b_dec"),
      activation: .jumpReLU(threshold: file.tensor("threshold")), path: file.path)
  }
}
