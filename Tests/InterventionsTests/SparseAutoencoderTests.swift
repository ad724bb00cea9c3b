import Foundation
import InterchangeInterventions
import InterchangeTensors
import Testing

/// Sparse autoencoders against plain loops.
@Suite struct SparseAutoencoderTests {
  struct Case: Sendable {
    let name: String
    let normalization: SparseAutoencoder.Normalization
    let subtracts: Bool

    static let all = ["relu", "jumprelu", "topk", "gated"].flatMap { name in
      [
        Case(name: name, normalization: .none, subtracts: false),
        Case(name: name, normalization: .constantNorm, subtracts: true),
        Case(name: name, normalization: .layerNorm, subtracts: name == "relu"),
      ]
    }
  }

  static let (width, features) = (12, 30)

  /// The weights of every case.
  private static let weights = (
    encoder: random([features, width], seed: 21), bias: random([features], seed: 22),
    decoder: random([features, width], seed: 23), output: random([width], seed: 24),
    threshold: Tensor(random([features], seed: 25).elements.map { abs($0) }),
    scale: Tensor(random([features], seed: 26).elements.map { 0.3 * $0 }),
    gate: random([features], seed: 27)
  )

  static func make(_ setting: Case) throws -> SparseAutoencoder {
    let activation: SparseActivation =
      switch setting.name {
      case "relu": .relu
      case "jumprelu": .jumpReLU(threshold: weights.threshold)
      case "topk": .topK(4)
      default:
        .gated(
          logScale: weights.scale, gateBias: weights.gate, magnitudeBias: weights.bias)
      }
    return try SparseAutoencoder(
      encoder: weights.encoder,
      encoderBias: setting.name == "gated" ? .zeros([features]) : weights.bias,
      decoder: weights.decoder, decoderBias: weights.output,
      inputBias: setting.subtracts ? weights.output : nil, activation: activation,
      normalization: setting.normalization)
  }

  static func all() throws -> [(autoencoder: SparseAutoencoder, setting: Case)] {
    try Case.all.map { (try make($0), $0) }
  }

  /// Features and reconstruction of one row, in double precision.
  private static func reference(
    _ row: [Double], _ setting: Case
  ) -> (features: [Double], output: [Double]) {
    let (encoder, decoder) = (weights.encoder.rowsInDouble, weights.decoder.rowsInDouble)
    func numbers(_ tensor: Tensor) -> [Double] { tensor.elements.map(Double.init) }
    let (bias, output) = (numbers(weights.bias), numbers(weights.output))
    let count = Double(row.count)
    var (mean, factor, scale) = (0.0, 1.0, 1.0)
    switch setting.normalization {
    case .none: break
    case .constantNorm:
      let length = dot(row, row).squareRoot()
      (factor, scale) = (count.squareRoot() / length, length / count.squareRoot())
    case .layerNorm:
      mean = row.reduce(0, +) / count
      let squares = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let deviation = (squares / (count - 1)).squareRoot()
      (factor, scale) = (1 / (deviation + 1e-5), deviation)
    }
    let input = row.indices.map {
      (row[$0] - mean) * factor - (setting.subtracts ? output[$0] : 0)
    }
    let product = encoder.map { dot($0, input) }
    var found: [Double]
    switch setting.name {
    case "relu": found = zip(product, bias).map { max(0, $0 + $1) }
    case "jumprelu":
      found = product.indices.map {
        let value = product[$0] + bias[$0]
        return value > numbers(weights.threshold)[$0] ? max(0, value) : 0
      }
    case "topk":
      let values = zip(product, bias).map { max(0, $0 + $1) }
      let limit = values.sorted(by: >)[3]
      found = values.map { $0 >= limit ? $0 : 0 }
    default:
      found = product.indices.map {
        product[$0] + numbers(weights.gate)[$0] > 0
          ? max(0, exp(numbers(weights.scale)[$0]) * product[$0] + bias[$0]) : 0
      }
    }
    let decoded = row.indices.map { column in
      (0..<features).reduce(output[column]) { $0 + found[$1] * decoder[$1][column] } * scale + mean
    }
    return (found, decoded)
  }

  @Test(arguments: Case.all)
  func featuresAndReconstructionsEqualPlainLoops(setting: Case) throws {
    let autoencoder = try Self.make(setting)
    let rows = random([8, Self.width], seed: 31)
    let expected = rows.rowsInDouble.map { Self.reference($0, setting) }
    let label = "\(setting.name), \(setting.normalization)"
    // Products of twelve and thirty numbers below 8 and 20.
    expectClose(autoencoder.encode(rows), expected.map(\.features), within: 2e-5, label)
    expectClose(
      autoencoder.reconstruction(of: rows), expected.map(\.output), within: 2e-4, label)
    #expect(expected.contains { $0.features.contains(0) && $0.features.contains { $0 > 0 } })
  }

  @Test func topKKeepsTheFirstOfEqualFeatures() throws {
    let autoencoder = try SparseAutoencoder(
      encoder: Tensor(repeating: 1, shape: [4, 1]), encoderBias: .zeros([4]),
      decoder: Tensor(repeating: 1, shape: [4, 1]), decoderBias: .zeros([1]), activation: .topK(2))
    #expect(autoencoder.encode(Tensor(rows: [[3]])).elements == [3, 3, 0, 0])
    #expect(autoencoder.encode(Tensor(rows: [[-3]])).elements == [0, 0, 0, 0])
  }

  /// A feature at its threshold is off, one above it is on.
  @Test func jumpsAreStrict() throws {
    let autoencoder = try SparseAutoencoder(
      encoder: Tensor(rows: [[1], [1]]), encoderBias: .zeros([2]),
      decoder: Tensor(rows: [[1], [1]]),
      decoderBias: .zeros([1]), activation: .jumpReLU(threshold: Tensor([0.5, -1])))
    #expect(autoencoder.encode(Tensor(rows: [[0.5]])).elements == [0, 0.5])
    #expect(autoencoder.encode(Tensor(rows: [[0.75]])).elements == [0.75, 0.75])
    #expect(autoencoder.encode(Tensor(rows: [[-0.5]])).elements == [0, 0], "never below 0")
  }

  @Test func whatDoesNotFitIsNamed() {
    func fault(
      encoder: Tensor = Tensor(repeating: 1, shape: [4, 3]), bias: Tensor = .zeros([4]),
      _ activation: SparseActivation = .relu
    ) -> String? {
      line {
        _ = try SparseAutoencoder(
          encoder: encoder, encoderBias: bias, decoder: Tensor(repeating: 1, shape: [4, 3]),
          decoderBias: .zeros([3]), activation: activation, path: "a.npz")
      }
    }
    #expect(fault() == nil)
    #expect(fault(bias: .zeros([3])) == "a.npz: encoder bias: expected shape [4], found [3]")
    #expect(
      fault(.jumpReLU(threshold: .zeros([1])))
        == "a.npz: threshold: expected shape [4], found [1]")
    #expect(fault(.topK(0)) == "a.npz: k: expected 1 to 4, found 0")
    #expect(fault(.topK(5)) == "a.npz: k: expected 1 to 4, found 5")
    var elements = [Float](repeating: 1, count: 12)
    elements[7] = .nan
    #expect(
      fault(encoder: Tensor(elements, shape: [4, 3]))
        == "a.npz: encoder: expected numbers, found none at element 7")
  }

  /// Ablation, clamping and steering of features: the other features' part and the error stay.
  @Test(arguments: Case.all)
  func editsOfFeatures(setting: Case) throws {
    let autoencoder = try Self.make(setting)
    let rows = random([5, Self.width], seed: 41)
    let own = autoencoder.encode(rows).rowsInDouble
    let means = (0..<Self.features).map { feature in own.reduce(0) { $0 + $1[feature] } / 5 }
    let edits: [(FeatureEdit, (Int, Double) -> Double)] = [
      (.zero([2, 7], of: autoencoder), { $0 == 2 || $0 == 7 ? 0 : $1 }),
      (
        try .mean([2, 7], of: autoencoder, over: rows),
        { $0 == 2 || $0 == 7 ? means[$0] : $1 }
      ),
      (.clamp([5: 3, 0: 0.5], of: autoencoder), { $0 == 5 ? 3 : $0 == 0 ? 0.5 : $1 }),
      (.adding([9: -1.5], to: autoencoder), { $0 == 9 ? $1 - 1.5 : $1 }),
      (.adding([:], to: autoencoder), { $1 }),
    ]
    let base = rows.rowsInDouble
    for (edit, changed) in edits {
      let new = own.map { row in row.indices.map { changed($0, row[$0]) } }
      func decoded(_ features: Rows) -> Rows {
        autoencoder.decode(Tensor(rows: features.map { $0.map(Float.init) }), of: rows).rowsInDouble
      }
      let (old, edited) = (decoded(own), decoded(new))
      let expected = base.indices.map { row in
        base[row].indices.map { base[row][$0] + edited[row][$0] - old[row][$0] }
      }
      expectClose(edit(rows, sources: []), expected, within: 2e-4, "\(setting.name), \(edit.name)")
    }
    #expect(
      FeatureEdit.adding([:], to: autoencoder)(rows, sources: []).elements == rows.elements)
    // A feature set to what it has already.
    let one = rows.gatherRows([3])
    let found = autoencoder.encode(one).elements[4]
    #expect(
      FeatureEdit.clamp([4: found], of: autoencoder)(one, sources: []).elements == one.elements)
  }

  /// A transcoder reads one component and writes another.
  @Test func transcodersReadTheirSource() throws {
    let transcoder = try SparseAutoencoder(
      encoder: random([10, 6], seed: 1), encoderBias: random([10], seed: 2),
      decoder: random([10, 4], seed: 3), decoderBias: random([4], seed: 4), activation: .relu)
    let edit = FeatureEdit.zero([3], of: transcoder, readsSource: true)
    #expect(edit.sourceCount == 1 && edit.sourceWidth == 6 && edit.width == 4)
    let (base, read) = (random([5, 4], seed: 5), random([5, 6], seed: 6))
    let features = transcoder.encode(read).rowsInDouble
    let direction = transcoder.decoder.rowsInDouble[3]
    let expected = base.rowsInDouble.indices.map { row in
      (0..<4).map { base.rowsInDouble[row][$0] - features[row][3] * direction[$0] }
    }
    expectClose(edit(base, sources: [read]), expected, within: 1e-5)
    #expect(features.contains { $0[3] > 0 })
  }

  /// The gradient passes through the active features alone.
  @Test(arguments: ["relu", "jumprelu", "topk"])
  func gradients(name: String) throws {
    let setting = Case(name: name, normalization: .none, subtracts: true)
    let autoencoder = try Self.make(setting)
    let rows = random([3, Self.width], seed: 51).requiringGradient()
    let weights = random([3, Self.features], seed: 52)
    let loss = (autoencoder.encode(rows) * weights).sum()
    let active = autoencoder.encode(rows).elements.map { $0 > 0 }
    let encoder = Self.weights.encoder.rowsInDouble
    let expected = (0..<3).map { row in
      (0..<Self.width).map { column in
        (0..<Self.features).reduce(0.0) { sum, feature in
          let place = row * Self.features + feature
          return active[place]
            ? sum + Double(weights.elements[place]) * encoder[feature][column] : sum
        }
      }
    }
    expectClose(loss.gradients(of: [rows])[0], expected, within: 2e-5, name)
  }
}
