import Foundation
import InterchangeBasics
import InterchangeTensors

/// A sparse autoencoder as a featurizer: f = σ(E (h − b_in) + b), D(f) = Dᵀ f + c; or a transcoder,
/// whose features of a component's input say its output.
///
/// An edit of features keeps the autoencoder's error, see ``Featurizer``.
public final class SparseAutoencoder: Featurizer {
  /// The measure of vectors before they are encoded; the decoder's output is brought back.
  public enum Normalization: String, Sendable {
    /// As they are.
    case none
    /// Each vector as long as √width.
    case constantNorm = "constant_norm_rescale"
    /// Each vector's coordinates with mean 0 and deviation 1.
    case layerNorm = "layer_norm"
  }

  /// E: [features, width]
  public let encoder: Tensor
  /// b: [features]; of gated ones 0
  public let encoderBias: Tensor
  /// Dᵀ, a direction in each row: [features, output width]
  public let decoder: Tensor
  /// c: [output width]
  public let decoderBias: Tensor
  /// b_in, taken away before the encoder: [width]; nil for nothing
  public let inputBias: Tensor?
  public let activation: SparseActivation
  public let normalization: Normalization
  /// True when it imitates a component: it reads the component's input and writes its output.
  public let isTranscoder: Bool

  /// An autoencoder of these weights; not trained here.
  ///
  /// - Throws: ``InterventionError/invalidFile(path:field:expected:found:)`` naming the tensor
  ///   whose shape doesn't fit, or that has an element which is no number.
  public init(
    encoder: Tensor, encoderBias: Tensor, decoder: Tensor, decoderBias: Tensor,
    inputBias: Tensor? = nil, activation: SparseActivation, normalization: Normalization = .none,
    isTranscoder: Bool = false, path: String = "sparse autoencoder"
  ) throws {
    let (features, width) = (encoder.rows, encoder.width)
    var expected: [(String, Tensor, [Int])] = [
      ("encoder", encoder, [features, width]), ("encoder bias", encoderBias, [features]),
      ("decoder", decoder, [features, decoder.width]),
      ("decoder bias", decoderBias, [decoder.width]),
    ]
    if let inputBias { expected.append(("input bias", inputBias, [width])) }
    switch activation {
    case .relu, .topK: break
    case .jumpReLU(let threshold): expected.append(("threshold", threshold, [features]))
    case .gated(let scale, let gate, let magnitude):
      expected += [
        ("r_mag", scale, [features]), ("b_gate", gate, [features]),
        ("b_mag", magnitude, [features]),
      ]
    }
    for (name, tensor, shape) in expected {
      guard tensor.shape == shape, tensor.count > 0 else {
        throw InterventionError.invalidFile(
          path: path, field: name, expected: "shape \(shape)", found: "\(tensor.shape)")
      }
      if let place = tensor.elements.firstIndex(where: { !$0.isFinite }) {
        throw InterventionError.invalidFile(
          path: path, field: name, expected: "numbers", found: "none at element \(place)")
      }
    }
    if case .topK(let count) = activation, !(1...features).contains(count) {
      throw InterventionError.invalidFile(
        path: path, field: "k", expected: "1 to \(features)", found: "\(count)")
    }
    guard normalization == .none || (decoder.width == width && !isTranscoder) else {
      throw InterventionError.invalidFile(
        path: path, field: "normalization", expected: "none of a transcoder",
        found: normalization.rawValue)
    }
    (self.encoder, self.encoderBias) = (encoder, encoderBias)
    (self.decoder, self.decoderBias) = (decoder, decoderBias)
    (self.inputBias, self.activation, self.normalization) = (inputBias, activation, normalization)
    self.isTranscoder = isTranscoder || decoder.width != width
  }

  public var name: String { "sparse autoencoder" }
  public var width: Int { encoder.width }
  /// The width of the vectors that the decoder writes; another than ``width`` only of a transcoder.
  public var outputWidth: Int { decoder.width }
  public var featureCount: Int { encoder.rows }

  public func encode(_ rows: Tensor) -> Tensor {
    var input = rows
    if let measure = measure(of: rows) { input = measure.normalized(rows) }
    if let inputBias { input = input.addingToRows(-1 * inputBias) }
    return activation(input.linear(encoder, bias: encoderBias))
  }

  public func decode(_ features: Tensor, of base: Tensor) -> Tensor {
    let output = features.matrixProduct(decoder).addingToRows(decoderBias)
    return measure(of: base)?.restored(output) ?? output
  }

  public func change(of base: Tensor, from old: Tensor, to new: Tensor) -> Tensor {
    let output = (new - old).matrixProduct(decoder)
    return measure(of: base)?.scaled(output) ?? output
  }

  /// The mean and the scale of each row; nil where vectors are taken as they are. No gradient
  /// passes through them.
  private func measure(of rows: Tensor) -> RowMeasure? {
    switch normalization {
    case .none: nil
    case .constantNorm: RowMeasure(lengthOf: rows)
    case .layerNorm: RowMeasure(deviationOf: rows)
    }
  }
}

/// The mean and the measure of each of some rows, as SAELens takes them.
private struct RowMeasure {
  /// The numbers of one row.
  private struct Row {
    var mean = 0.0
    /// The factor before the encoder.
    let factor: Double
    /// The factor after the decoder.
    let scale: Double
  }

  /// [rows, width], equal numbers in each row; likewise the others.
  private let mean: Tensor
  private let factor: Tensor
  private let scale: Tensor

  private init(_ rows: Tensor, _ measured: (ArraySlice<Float>) -> Row) {
    let (width, elements) = (rows.width, rows.elements)
    let found = (0..<rows.rows).map { measured(elements[$0 * width..<($0 + 1) * width]) }
    func spread(_ value: (Row) -> Double) -> Tensor {
      Tensor(
        found.flatMap { Array(repeating: Float(value($0)), count: width) }, shape: rows.shape)
    }
    (mean, factor, scale) = (spread(\.mean), spread(\.factor), spread(\.scale))
  }

  init(lengthOf rows: Tensor) {
    let root = Double(rows.width).squareRoot()
    self.init(rows) { row in
      let length = row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      return Row(factor: root / length, scale: length / root)
    }
  }

  init(deviationOf rows: Tensor) {
    let width = Double(rows.width)
    self.init(rows) { row in
      let mean = row.reduce(0.0) { $0 + Double($1) } / width
      let squares = row.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      // torch's deviation divides by n − 1; SAELens adds 1e-5 to it on the way in alone.
      let deviation = (squares / max(1, width - 1)).squareRoot()
      return Row(mean: mean, factor: 1 / (deviation + 1e-5), scale: deviation)
    }
  }

  func normalized(_ rows: Tensor) -> Tensor { (rows - mean) * factor }
  func scaled(_ rows: Tensor) -> Tensor { rows * scale }
  func restored(_ rows: Tensor) -> Tensor { rows * scale + mean }
}

extension Tensor {
  /// e^x of every element, without a gradient.
  var exponentials: Tensor { Tensor(elements.map(Foundation.exp), shape: shape) }
}
