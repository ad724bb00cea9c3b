import InterchangeCheckpoints
import InterchangeInterventions
import InterchangeTensors

/// Autoencoders of the package dictionary_learning (`ae.pt`): `encoder.weight` [features, width],
/// `decoder.weight` [width, features], by their other tensors:
///
/// 1. `encoder.bias` and `bias`: ReLU, with the decoder's bias taken away before the encoder.
/// 2. `encoder.bias` and `decoder.bias`: ReLU, without that.
/// 3. `decoder_bias`, `r_mag`, `gate_bias`, `mag_bias`: gated.
/// 4. `encoder.bias`, `b_dec` and `k`: top-k; a `threshold` that was estimated is refused, as an
///    autoencoder that uses it isn't told from one that doesn't.
public enum DictionaryLearningLayout: SparseAutoencoderLayout {
  public static let name = "dictionary_learning"

  public static func isLayout(_ file: SparseAutoencoderFile) -> Bool {
    file.contains("encoder.weight", "decoder.weight")
  }

  public static func read(_ file: SparseAutoencoderFile) throws -> SparseAutoencoder {
    let encoder = try file.tensor("encoder.weight")
    let decoder = try file.tensor("decoder.weight").transposed()
    let weights = ["encoder.weight", "decoder.weight"]
    func made(
      _ bias: Tensor, output: Tensor, subtracts: Bool, _ activation: SparseActivation
    ) throws -> SparseAutoencoder {
      try SparseAutoencoder(
        encoder: encoder, encoderBias: bias, decoder: decoder, decoderBias: output,
        inputBias: subtracts ? output : nil, activation: activation, path: file.path)
    }
    if file.contains("r_mag") {
      try file.checkNames(weights + ["decoder_bias", "r_mag", "gate_bias", "mag_bias"])
      return try made(
        .zeros([encoder.rows]), output: file.tensor("decoder_bias"), subtracts: true,
        .gated(
          logScale: file.tensor("r_mag"), gateBias: file.tensor("gate_bias"),
          magnitudeBias: file.tensor("mag_bias")))
    }
    let bias = try file.tensor("encoder.bias")
    if file.contains("k") {
      try file.checkNames(weights + ["encoder.bias", "b_dec", "k", "threshold"])
      let count = try file.tensor("k").elements.first ?? 0
      if file.contains("threshold"), let limit = try file.tensor("threshold").elements.first,
        limit >= 0
      {
        throw file.malformed(
          "tensor \"threshold\"", expected: "−1, top-k without a threshold", found: "\(limit)")
      }
      return try made(
        bias, output: file.tensor("b_dec"), subtracts: true,
        .topK(count.isFinite && abs(count) < 1e9 ? Int(count) : 0))
    }
    let isOwn = file.contains("decoder.bias")
    try file.checkNames(weights + ["encoder.bias", isOwn ? "decoder.bias" : "bias"])
    return try made(
      bias, output: file.tensor(isOwn ? "decoder.bias" : "bias"), subtracts: !isOwn, .relu)
  }
}
