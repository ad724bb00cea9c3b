import Foundation
import InterchangeCheckpoints
import InterchangeModels
import InterchangeTensors

/// A lens that first carries a layer's vector to where the last layer would have it: an affine map
/// for each layer, h + W h + b, then the last norm and the unembedding (Belrose et al. 2023, arXiv
/// 2303.08112).
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let texts = ["The keys to the cabinet are on the table.", "Rome is the capital of Italy."]
/// let (lens, fit) = try model.fitTunedLens(on: texts)
/// print(fit.rows[10].plain.divergence, fit.rows[10].tuned.divergence)
/// print(try model.lens(of: "The capital of France is", by: lens).rows[10].cells[0].top[0].token)
/// ```
public struct TunedLens: LayerReading {
  /// The affine map of one layer: h + W h + b.
  public struct Translator: Sendable {
    /// W: [width, width].
    public let weight: Tensor
    /// b: [width].
    public let bias: Tensor

    /// A map.
    public init(weight: Tensor, bias: Tensor) { (self.weight, self.bias) = (weight, bias) }

    /// The rows where the last layer would have them: [n, width].
    public func callAsFunction(_ rows: Tensor) -> Tensor {
      rows + rows.linear(weight, bias: bias)
    }
  }

  /// The map of the embeddings, then of each layer but the last, whose vectors stay.
  public let translators: [Translator]

  /// A lens of given maps: of the embeddings, then of each layer but the last.
  public init(translators: [Translator]) { self.translators = translators }

  public let name = "tuned lens"
  /// The residual stream after each block.
  public let components: [Component] = [.blockOutput]

  /// - Throws: `CircuitError` for a model of another number of layers or another width.
  public func reader(
    in model: LanguageModel
  ) throws -> (_ rows: Tensor, _ layer: Int?) throws -> Tensor {
    let (layers, width) = (model.layers, model.architecture.width)
    guard translators.count == layers, translators[0].bias.count == width else {
      throw CircuitError.invalidSetting(
        name: "tuned lens", expected: "maps of \(layers) layers of width \(width)",
        found: "\(translators.count) of width \(translators.first?.bias.count ?? 0)")
    }
    return { rows, layer in
      let place = layer.map { $0 + 1 } ?? 0
      let carried = place < layers ? translators[place](rows) : rows
      return model.architecture.logits(carried, outputs: nil)
    }
  }
}

extension TunedLens {
  /// The name of the file in a run's folder.
  public static let fileName = "tuned-lens.safetensors"

  /// Writes the maps to a safetensors file, as `0.weight` [width, width] and `0.bias` [width] for
  /// the embeddings, `1.weight` for the first block, and so on: the names of the tuned-lens library.
  ///
  /// - Throws: `CheckpointError` when it can't be written.
  public func write(to url: URL, metadata: [String: String] = [:]) throws {
    try Safetensors.write(
      translators.enumerated().flatMap { place, map in
        [("\(place).weight", map.weight), ("\(place).bias", map.bias)]
      }, metadata: metadata, to: url)
  }

  /// Reads maps from a safetensors file, or from a run's folder that has one.
  ///
  /// - Throws: `CheckpointError` for a file of another form, `CircuitError` for maps that aren't
  ///   square, of one width and finite.
  public static func read(contentsOf url: URL) throws -> TunedLens {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(
      atPath: url.path(percentEncoded: false), isDirectory: &isFolder)
    let file = try SafetensorsFile(
      contentsOf: isFolder.boolValue ? url.appending(component: fileName) : url)
    let names = Set(file.names)
    let count = names.count / 2
    func fault(_ expected: String, _ found: String) -> CircuitError {
      .invalidSetting(name: file.path, expected: expected, found: found)
    }
    let expected = (0..<count).flatMap { ["\($0).weight", "\($0).bias"] }
    guard count > 0, names == Set(expected) else {
      throw fault(
        "0.weight, 0.bias and so on without a gap",
        names.symmetricDifference(expected).sorted().prefix(3).joined(separator: ", "))
    }
    var width: Int?
    return TunedLens(
      translators: try (0..<count).map { place in
        let weight = try file.tensor(named: "\(place).weight")
        let bias = try file.tensor(named: "\(place).bias")
        let size = width ?? bias.shape.first ?? 0
        width = size
        guard size > 0, weight.shape == [size, size], bias.shape == [size] else {
          throw fault(
            "\(place).weight [\(size), \(size)] and \(place).bias [\(size)]",
            "\(weight.shape) and \(bias.shape)")
        }
        let map = Translator(weight: weight.floats(), bias: bias.floats())
        guard map.weight.isFinite, map.bias.isFinite else {
          throw CircuitError.notFinite(place: "\(file.path): \(place).weight or \(place).bias")
        }
        return map
      })
  }
}
