import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeExchange
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Sparse autoencoders in the forms of other tools: the same numbers as by the tool's own formula,
/// and nothing that isn't understood is let through.
@Suite struct SparseAutoencoderFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let (width, features) = (16, 40)

  private static func random(_ shape: [Int], _ seed: UInt64) -> Tensor {
    var generator = RandomGenerator(seed: seed)
    return .normal(shape, using: &generator)
  }

  private let encoder = random([width, features], 1)
  private let decoder = random([features, width], 2)
  private let bias = random([features], 3)
  private let output = random([width], 4)
  private let rows = random([6, width], 5)

  /// Writes tensors with settings, and reads them.
  private func read(
    _ tensors: [(String, Tensor)], _ settings: String?, name: String = "sae_weights.safetensors"
  ) throws -> (SparseAutoencoder, layout: String) {
    let place = folder.url.appending(component: UUID().uuidString)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try Safetensors.write(tensors, metadata: [:], to: place.appending(component: name))
    if let settings {
      try Data(settings.utf8).write(to: place.appending(component: "cfg.json"))
    }
    return try SparseAutoencoder.read(contentsOf: place)
  }

  /// The line that a user sees, without the folder.
  private func fault(
    _ tensors: [(String, Tensor)], _ settings: String?, name: String = "sae_weights.safetensors"
  ) -> String? {
    do {
      _ = try read(tensors, settings, name: name)
      return nil
    } catch {
      return "\(error)".split(separator: ": ", maxSplits: 1).last.map(String.init)
    }
  }

  private var standard: [(String, Tensor)] {
    [("W_enc", encoder), ("b_enc", bias), ("W_dec", decoder), ("b_dec", output)]
  }

  /// Features and reconstruction by loops, with a function of the pre-activations of a row.
  private func expectFormula(
    _ autoencoder: SparseAutoencoder, subtracts: Bool, _ features: ([Double]) -> [Double],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let found = autoencoder.encode(rows)
    let rebuilt = autoencoder.reconstruction(of: rows)
    for row in 0..<rows.rows {
      let input = (0..<Self.width).map {
        Double(rows[row, $0]) - (subtracts ? Double(output.elements[$0]) : 0)
      }
      let before = (0..<Self.features).map { feature in
        input.indices.reduce(Double(bias.elements[feature])) {
          $0 + input[$1] * Double(encoder[$1, feature])
        }
      }
      let expected = features(before)
      for feature in expected.indices {
        #expect(
          abs(Double(found[row, feature]) - expected[feature]) < 5e-5,
          sourceLocation: sourceLocation)
      }
      for column in 0..<Self.width {
        let value = expected.indices.reduce(Double(output.elements[column])) {
          $0 + expected[$1] * Double(decoder[$1, column])
        }
        #expect(
          abs(Double(rebuilt[row, column]) - value) < 5e-4, sourceLocation: sourceLocation)
      }
    }
  }

  @Test func saeLens() throws {
    let plain = try read(
      standard,
      """
      {"architecture": "standard", "d_in": 16, "d_sae": 40, "apply_b_dec_to_input": true,
       "activation_fn_str": "relu", "normalize_activations": "none", "hook_name": "x",
       "finetuning_scaling_factor": false, "dtype": "float32", "model_from_pretrained_kwargs": {}}
      """)
    #expect(plain.layout == "SAELens")
    expectFormula(plain.0, subtracts: true) { $0.map { max(0, $0) } }
    let threshold = Tensor((0..<Self.features).map { Float($0) / 20 })
    let jump = try read(
      standard + [("threshold", threshold)],
      #"{"architecture": "jumprelu", "apply_b_dec_to_input": false}"#)
    expectFormula(jump.0, subtracts: false) { values in
      values.indices.map { values[$0] > Double(threshold.elements[$0]) ? max(0, values[$0]) : 0 }
    }
    let top = try read(standard, #"{"architecture": "topk", "k": 3, "apply_b_dec_to_input": true}"#)
    expectFormula(top.0, subtracts: true) { values in
      let limit = values.sorted(by: >)[2]
      return values.map { $0 >= limit ? max(0, $0) : 0 }
    }
    let old = try read(
      standard,
      #"{"activation_fn_str": "topk", "activation_fn_kwargs": {"k": 3}, "apply_b_dec_to_input": true}"#
    )
    #expect(old.0.encode(rows).elements == top.0.encode(rows).elements)
  }

  /// Features in the measure of their directions: what is chosen and rebuilt is as SAELens says.
  @Test func rescaledTopK() throws {
    let found = try read(
      standard,
      #"{"architecture": "topk", "k": 3, "apply_b_dec_to_input": false, "rescale_acts_by_decoder_norm": true}"#
    ).0
    let norms = (0..<Self.features).map { feature in
      (0..<Self.width).reduce(0.0) {
        $0 + Double(decoder[feature, $1]) * Double(decoder[feature, $1])
      }.squareRoot()
    }
    let rebuilt = found.reconstruction(of: rows)
    for row in 0..<rows.rows {
      let values = (0..<Self.features).map { feature in
        max(
          0,
          (0..<Self.width).reduce(Double(bias.elements[feature])) {
            $0 + Double(rows[row, $1]) * Double(encoder[$1, feature])
          } * norms[feature])
      }
      let limit = values.sorted(by: >)[2]
      for column in 0..<Self.width {
        let value = values.indices.filter { values[$0] >= limit }.reduce(
          Double(output.elements[column])
        ) { $0 + values[$1] / norms[$1] * Double(decoder[$1, column]) }
        #expect(abs(Double(rebuilt[row, column]) - value) < 5e-4)
      }
    }
  }

  @Test func otherTools() throws {
    let relu: ([Double]) -> [Double] = { $0.map { max(0, $0) } }
    let state: [(String, Tensor)] = [
      ("encoder.weight", encoder.transposed()), ("encoder.bias", bias),
      ("decoder.weight", decoder.transposed()), ("bias", output),
    ]
    let plain = try read(state, nil, name: "ae.safetensors")
    #expect(plain.layout == "dictionary_learning")
    expectFormula(plain.0, subtracts: true, relu)
    let newer = try read(
      state.dropLast() + [("decoder.bias", output)], nil, name: "ae.safetensors")
    expectFormula(newer.0, subtracts: false, relu)
    let sparsify = try read(
      [
        ("encoder.weight", encoder.transposed()), ("encoder.bias", bias), ("W_dec", decoder),
        ("b_dec", output),
      ], #"{"k": 4, "d_in": 16, "expansion_factor": 2, "num_latents": 40, "multi_topk": false}"#,
      name: "sae.safetensors")
    #expect(sparsify.layout == "sparsify")
    expectFormula(sparsify.0, subtracts: true) { values in
      let limit = values.sorted(by: >)[3]
      return values.map { $0 >= limit ? max(0, $0) : 0 }
    }
    let scope = try read(
      standard + [("threshold", .zeros([Self.features]))], nil, name: "params.safetensors")
    #expect(scope.layout == "Gemma Scope")
    expectFormula(scope.0, subtracts: false, relu)
  }

  @Test func gatedForms() throws {
    let (scale, gate) = (Self.random([Self.features], 7), Self.random([Self.features], 8))
    let lens = try read(
      [
        ("W_enc", encoder), ("W_dec", decoder), ("b_dec", output), ("r_mag", scale),
        ("b_gate", gate), ("b_mag", bias),
      ], #"{"architecture": "gated", "apply_b_dec_to_input": true}"#
    ).0
    let learned = try read(
      [
        ("encoder.weight", encoder.transposed()), ("decoder.weight", decoder.transposed()),
        ("decoder_bias", output), ("r_mag", scale), ("gate_bias", gate), ("mag_bias", bias),
      ], nil, name: "ae.safetensors"
    ).0
    #expect(lens.encode(rows).elements == learned.encode(rows).elements)
    let product = try SparseAutoencoder(
      encoder: encoder.transposed(), encoderBias: .zeros([Self.features]), decoder: decoder,
      decoderBias: output, inputBias: output, activation: .relu)
    for (place, value) in lens.encode(rows).elements.enumerated() {
      let feature = place % Self.features
      let row = place / Self.features
      var sum = 0.0
      for column in 0..<Self.width {
        sum +=
          (Double(rows[row, column]) - Double(output.elements[column]))
          * Double(encoder[column, feature])
      }
      let expected =
        sum + Double(gate.elements[feature]) > 0
        ? max(
          0, Foundation.exp(Double(scale.elements[feature])) * sum + Double(bias.elements[feature]))
        : 0
      #expect(abs(Double(value) - expected) < 2e-4)
    }
    #expect(product.featureCount == Self.features)
  }

  @Test func whatIsNotUnderstoodIsNamed() {
    func lens(_ field: String) -> String? {
      fault(standard, #"{"architecture": "standard", "apply_b_dec_to_input": true, \#(field)}"#)
    }
    #expect(lens(#""d_in": 16"#) == nil)
    #expect(lens(#""d_in": 17"#) == "field \"d_in\": expected 16, as W_enc has, found 17")
    #expect(lens(#""use_error_term_twice": 2"#)?.contains("\"use_error_term_twice\"") == true)
    #expect(
      lens(#""finetuning_scaling_factor": true"#)?.contains("finetuning_scaling_factor") == true)
    #expect(
      lens(#""normalize_activations": "expected_average_only_in""#)?.contains("fold it into")
        == true)
    #expect(lens(#""activation_fn_str": "tanh-relu""#)?.contains("relu or topk") == true)
    #expect(
      fault(standard, #"{"architecture": "matryoshka"}"#)?.hasPrefix(
        "field \"architecture\": expected")
        == true)
    #expect(
      fault(standard + [("scaling_factor", bias)], #"{"architecture": "standard"}"#)?
        .hasPrefix("tensor \"scaling_factor\": expected none but") == true)
    #expect(fault(standard, nil)?.contains("expected those of a sparse autoencoder") == true)
    #expect(fault(Array(standard.dropLast()), "{}")?.contains("a sparse autoencoder of") == true)
    let sparsify: [(String, Tensor)] = [
      ("encoder.weight", encoder.transposed()), ("encoder.bias", bias), ("W_dec", decoder),
      ("b_dec", output),
    ]
    #expect(
      fault(sparsify, #"{"k": 4, "activation": "groupmax"}"#)
        == "field \"activation\": expected topk, found \"groupmax\"")
    #expect(
      fault(sparsify, #"{"k": 4, "skip_connection": true}"#)?.contains("skip_connection") == true)
    #expect(fault(sparsify, #"{"k": 0}"#)?.contains("k: expected 1 to 40, found 0") == true)
    #expect(fault(sparsify, nil)?.contains("cfg.json") == true)
  }

  /// A file of numpy's own, whose elements are known; see the script beside it.
  @Test func gemmaScopeByNumpy() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/autoencoders/gemma-scope/params.npz")
    let (found, layout) = try SparseAutoencoder.read(contentsOf: file)
    #expect(layout == "Gemma Scope" && found.featureCount == 24 && found.width == 16)
    for feature in 0..<24 {
      for column in 0..<16 {
        // The encoder is kept as [width, features].
        #expect(found.encoder[feature, column] == Float((7 * column + 3 * feature) % 11 - 5) / 10)
        #expect(found.decoder[feature, column] == Float((7 * feature + 3 * column) % 11 - 5) / 10)
      }
      #expect(found.encoderBias.elements[feature] == Float(5 * feature % 7 - 3) / 10)
    }
    guard case .jumpReLU(let threshold) = found.activation else {
      Issue.record("expected JumpReLU")
      return
    }
    #expect(threshold.elements[1] == 0.2 && found.inputBias == nil)
  }

  /// With its error kept an autoencoder changes nothing, at every kind of model.
  @Test(arguments: ["llama3-scaled", "gpt2", "gpt-neox", "gemma3", "opt", "mistral"])
  func isANoOp(name: String) throws {
    let model = try ArchitectureFixtures.model(name)
    let site = Site.blockOutput(model.architecture.layers - 1, .all)
    let width = try model.width(of: site)
    let autoencoder = try SparseAutoencoder(
      encoder: Self.random([3 * width, width], 1), encoderBias: Self.random([3 * width], 2),
      decoder: Self.random([3 * width, width], 3), decoderBias: Self.random([width], 4),
      activation: .jumpReLU(threshold: Tensor(repeating: 0.2, shape: [3 * width])))
    let input = ModelInput.tokens([5, 9, 12, 7, 30])
    let cells = Cells(site, positions: [[0, 1, 2, 3, 4]])
    func logits(_ change: @escaping (Tensor) -> Tensor) throws -> [Float] {
      let edit = Edit(cells, transform: change)
      return try #require(try model.run(model.measuring([input], edits: [edit])).logits).elements
    }
    let plain = try logits { $0 }
    let swap = FeaturizedInterchange(autoencoder)
    #expect(try logits { swap($0, sources: [$0]) } == plain)
    let edit = FeatureEdit.adding([0: 0], to: autoencoder)
    #expect(try logits { edit($0, sources: []) } == plain)
    // And without its error it changes a lot.
    #expect(try logits { autoencoder.reconstruction(of: $0) } != plain)
    let ablated = FeatureEdit.zero(Array(0..<3 * width), of: autoencoder)
    #expect(try logits { ablated($0, sources: []) } != plain)
  }

  /// What is written is read again to the same numbers, and says so to SAELens.
  @Test(arguments: ["standard", "topk", "jumprelu", "gated"])
  func isWrittenAndReadAgain(architecture: String) throws {
    let activation: SparseActivation =
      switch architecture {
      case "topk": .topK(5)
      case "jumprelu": .jumpReLU(threshold: bias.activated(.relu))
      case "gated": .gated(logScale: 0.1 * bias, gateBias: bias, magnitudeBias: 2 * bias)
      default: .relu
      }
    let first = try SparseAutoencoder(
      encoder: encoder.transposed(),
      encoderBias: architecture == "gated" ? .zeros([Self.features]) : bias, decoder: decoder,
      decoderBias: output, inputBias: architecture == "standard" ? nil : output,
      activation: activation)
    let place = folder.url.appending(component: architecture)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let files = try SAELensLayout.write(
      first, about: ["model_name": .string("tiny")], to: place)
    #expect(files.map(\.lastPathComponent) == SAELensLayout.fileNames)
    let (second, layout) = try SparseAutoencoder.read(contentsOf: place)
    #expect(layout == "SAELens" && second.activation.name == first.activation.name)
    #expect(second.encode(rows).elements == first.encode(rows).elements)
    #expect(second.reconstruction(of: rows).elements == first.reconstruction(of: rows).elements)
    let settings = try JSONParser.parse(Array(Data(contentsOf: files[1])))
    #expect(settings["architecture"]?.string == architecture)
    #expect(settings["metadata"]?["model_name"]?.string == "tiny")
  }

  @Test func whatTheFormCannotHoldIsNotWritten() throws {
    let other = try SparseAutoencoder(
      encoder: encoder.transposed(), encoderBias: bias, decoder: decoder, decoderBias: output,
      inputBias: 2 * output, activation: .relu)
    #expect(throws: CheckpointError.self) { try SAELensLayout.write(other, to: folder.url) }
    let transcoder = try SparseAutoencoder(
      encoder: encoder.transposed(), encoderBias: bias, decoder: decoder, decoderBias: output,
      activation: .relu, isTranscoder: true)
    #expect(throws: CheckpointError.self) { try SAELensLayout.write(transcoder, to: folder.url) }
  }
}
