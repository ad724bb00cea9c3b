import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeInterventions
import InterchangeTensors

/// Autoencoders and transcoders that SAELens saved: `sae_weights.safetensors` with `W_enc` [width,
/// features], `W_dec` [features, width], `b_enc`, `b_dec`, and `cfg.json`.
///
/// Architectures: standard, jumprelu, topk, gated, transcoder, jumprelu_transcoder.
public enum SAELensLayout: SparseAutoencoderLayout {
  public static let name = "SAELens"

  public static func isLayout(_ file: SparseAutoencoderFile) -> Bool {
    file.contains("W_enc", "W_dec", "b_dec") && file.settings != nil
  }

  private static let fields = KnownFields(
    applied: [
      "architecture", "d_in", "d_sae", "d_out", "apply_b_dec_to_input", "normalize_activations",
      "activation_fn_str", "activation_fn", "activation_fn_kwargs", "k",
      "rescale_acts_by_decoder_norm", "reshape_activations",
    ],
    harmless: [
      "dtype", "device", "metadata", "meta", "model_name", "model_class_name", "hook_name",
      "hook_point", "hook_layer", "hook_point_layer", "hook_head_index", "hook_point_head_index",
      "hook_name_out", "hook_layer_out", "hook_head_index_out", "hook_point_out", "layer",
      "context_size", "prepend_bos", "dataset_path", "dataset_trust_remote_code",
      "sae_lens_version", "sae_lens_training_version", "model_from_pretrained_kwargs",
      "neuronpedia_id", "seqpos_slice", "exclude_special_tokens", "release", "repo_id",
      "folder_name",
      "l1_coefficient", "l0_coefficient", "lp_norm", "lr", "seed", "noise_density",
      "normalize_sae_decoder", "decoder_init_norm", "init_encoder_as_decoder_transpose",
      "jumprelu_init_threshold", "jumprelu_bandwidth", "jumprelu_sparsity_loss_mode",
      "jumprelu_tanh_scale", "mse_loss_normalization", "expansion_factor", "b_dec_init_method",
      "use_ghost_grads", "aux_loss_coefficient", "training_tokens", "noise_scale", "tokenizer_name",
    ],
    harmlessAt: ["finetuning_scaling_factor": [.bool(false)]])

  public static func read(_ file: SparseAutoencoderFile) throws -> SparseAutoencoder {
    guard let settings = file.settings else {
      throw file.malformed("cfg.json", expected: "a file", found: "none")
    }
    try fields.check(settings)
    func value(_ name: String, among known: [String], usual: String) throws -> String {
      let found: String = try settings.valueIfPresent(name) ?? usual
      guard known.contains(found) else {
        throw file.malformed(
          "field \"\(name)\"", expected: known.joined(separator: ", "),
          found: "\"\(found)\""
            + (found == "expected_average_only_in"
              ? ", whose factor isn't in the file: fold it into the weights first" : ""))
      }
      return found
    }
    let architecture = try value(
      "architecture",
      among: [
        "standard", "jumprelu", "topk", "gated", "transcoder", "jumprelu_transcoder",
      ], usual: "standard")
    _ = try value("reshape_activations", among: ["none", "hook_z"], usual: "none")
    let normalization = try value(
      "normalize_activations", among: ["none", "constant_norm_rescale", "layer_norm"],
      usual: "none")
    let isTranscoder = architecture.hasSuffix("transcoder")
    let subtracts =
      try settings.valueIfPresent("apply_b_dec_to_input") ?? !isTranscoder
    guard !subtracts || !isTranscoder else {
      throw file.malformed(
        "field \"apply_b_dec_to_input\"", expected: "false of a transcoder", found: "true")
    }
    var encoder = try file.tensor("W_enc").transposed()
    var decoder = try file.tensor("W_dec")
    let outputBias = try file.tensor("b_dec")
    for (name, extent) in [("d_in", encoder.width), ("d_sae", encoder.rows)] {
      if let stated: Int = try settings.valueIfPresent(name), stated != extent {
        throw file.malformed(
          "field \"\(name)\"", expected: "\(extent), as W_enc has", found: "\(stated)")
      }
    }
    var bias = Tensor.zeros([encoder.rows])
    var known = ["W_enc", "W_dec", "b_dec"]
    let activation: SparseActivation
    let function = try activationFunction(file, settings)
    switch architecture {
    case "gated":
      known += ["b_gate", "b_mag", "r_mag"]
      activation = .gated(
        logScale: try file.tensor("r_mag"), gateBias: try file.tensor("b_gate"),
        magnitudeBias: try file.tensor("b_mag"))
    case "jumprelu", "jumprelu_transcoder":
      known += ["b_enc", "threshold"]
      bias = try file.tensor("b_enc")
      activation = .jumpReLU(threshold: try file.tensor("threshold"))
    case "topk":
      known.append("b_enc")
      bias = try file.tensor("b_enc")
      activation = .topK(try settings.valueIfPresent("k") ?? function.count ?? 0)
    default:
      known.append("b_enc")
      bias = try file.tensor("b_enc")
      activation = function.count.map(SparseActivation.topK) ?? .relu
    }
    try file.checkNames(known)
    if try settings.valueIfPresent("rescale_acts_by_decoder_norm") ?? false {
      // Features are measured in the length of their directions: the same with directions of
      // length 1.
      let norms = decoder.rowNorms
      encoder = encoder.scalingRows(norms)
      bias = Tensor(zip(bias.elements, norms).map { $0 * $1 })
      decoder = decoder.scalingRows(norms.map { 1 / $0 })
    }
    return try SparseAutoencoder(
      encoder: encoder, encoderBias: bias, decoder: decoder, decoderBias: outputBias,
      inputBias: subtracts ? outputBias : nil, activation: activation,
      normalization: SparseAutoencoder.Normalization(rawValue: normalization) ?? .none,
      isTranscoder: isTranscoder, path: file.path)
  }

  /// The activation function as older versions say it: ReLU, or top-k with its k.
  private static func activationFunction(
    _ file: SparseAutoencoderFile, _ settings: ModelConfiguration
  ) throws -> (name: String, count: Int?) {
    let name: String =
      try settings.valueIfPresent("activation_fn_str") ?? settings.valueIfPresent("activation_fn")
      ?? "relu"
    guard ["relu", "topk"].contains(name) else {
      throw file.malformed(
        "field \"activation_fn_str\"", expected: "relu or topk", found: "\"\(name)\"")
    }
    let arguments = try settings.sectionIfPresent("activation_fn_kwargs")
    if let arguments { try KnownFields(applied: ["k"]).check(arguments) }
    return (name, name == "topk" ? try arguments?.value("k") : nil)
  }
}

extension Tensor {
  /// The length of each row.
  fileprivate var rowNorms: [Float] {
    let (width, elements) = (width, elements)
    return (0..<rows).map { row in
      Float(
        elements[row * width..<(row + 1) * width].reduce(0.0) {
          $0 + Double($1) * Double($1)
        }.squareRoot())
    }
  }

  /// Each row times a number.
  fileprivate func scalingRows(_ factors: [Float]) -> Tensor {
    let width = width
    return Tensor(
      elements.enumerated().map { $0.element * factors[$0.offset / width] }, shape: shape)
  }
}
