import Foundation
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Rotary frequencies at the sizes that real models have, as transformers 5 makes them: the tiny
/// checkpoints have too few to tell all of a formula's parts.
@Suite struct RotaryScalingTests {
  /// The embedding of a LLaMA with heads of 64, θ = 5e5 and 16,384 positions.
  private func rotary(_ scaling: String) throws -> RotaryEmbedding {
    let folder = try TemporaryFolder()
    let file = try folder.file(
      "config.json",
      Data(
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 256,
         "num_attention_heads": 4, "num_hidden_layers": 1, "intermediate_size": 8,
         "vocab_size": 8, "max_position_embeddings": 16384, "rope_theta": 500000.0,
         "rope_scaling": {\(scaling)}}
        """.utf8))
    let settings = ModelSettings(.folder(try ModelConfiguration(contentsOf: file)))
    return try #require(try LlamaFamily.design(settings).layerAttention[0].rotary)
  }

  /// The reference's are float32 powers of θ, whose exponents' rounding ln θ multiplies: 1e-6 of
  /// them, printed with seven digits.
  private func expectFrequencies(_ found: [Double], _ expected: [Double]) {
    #expect(found.count == expected.count)
    for (found, expected) in zip(found, expected) {
      #expect(abs(found - expected) <= 3e-6 * expected, "\(found), expected \(expected)")
    }
  }

  /// The ones that turn often are the plain ones, those that turn rarely are divided by 8.
  @Test func llama3() throws {
    let rotary = try rotary(
      """
      "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
      "original_max_position_embeddings": 8192
      """)
    expectFrequencies(
      rotary.frequencies,
      [
        1.0, 0.6636013, 0.4403666, 0.2922278, 0.1939228, 0.1286874, 0.0853971, 0.05666962,
        0.03760603, 0.02495541, 0.01656044, 0.01098953, 0.007292665, 0.004839421, 0.003211446,
        0.001371894, 0.000524846, 0.0001785078, 7.784655e-05, 5.165907e-05, 3.428102e-05,
        2.274893e-05, 1.509622e-05, 1.001787e-05, 6.64787e-06, 4.411535e-06, 2.9275e-06,
        1.942693e-06, 1.289173e-06, 8.554969e-07, 5.677088e-07, 3.767323e-07,
      ])
    #expect(rotary.magnitude == 1)
  }

  @Test func yarn() throws {
    let rotary = try rotary(
      """
      "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 4096
      """)
    expectFrequencies(
      rotary.frequencies,
      [
        1.0, 0.6636013, 0.4403666, 0.2922278, 0.1939228, 0.1286874, 0.0853971, 0.05666962,
        0.0344722, 0.02079617, 0.01242033, 0.007326353, 0.004254055, 0.002419711, 0.001338103,
        0.0007103732, 0.0003535534, 0.0002346185, 0.0001556931, 0.0001033181, 6.856205e-05,
        4.549786e-05, 3.019244e-05, 2.003574e-05, 1.329574e-05, 8.823069e-06, 5.854999e-06,
        3.885385e-06, 2.578346e-06, 1.710994e-06, 1.135418e-06, 7.534645e-07,
      ])
    #expect(abs(rotary.magnitude - 1.138629436111989) < 1e-6)
  }
}
