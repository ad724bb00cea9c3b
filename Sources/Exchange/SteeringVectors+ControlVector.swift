import Foundation
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors

/// GGUF control vectors, as llama.cpp adds them with `--control-vector`.
///
/// The metadata are `general.architecture` = "controlvector", `controlvector.model_hint` = the
/// architecture of the model, and `controlvector.layer_count`, the number of vectors. The tensor
/// `direction.N`, float32 [width], is added to the residual stream after block N, counted from 0:
/// it belongs to ``Component/blockOutput`` of layer N. There is none for layer 0, which llama.cpp
/// refuses. Its strength is the user's (`--control-vector-scaled`), 1 by default.
///
/// repeng numbers its vectors so too. llama.cpp's own `cvector-generator` doesn't: its
/// `direction.N` was measured at the output of block N − 1, and is added one block later.
extension SteeringVectors {
  private static let name = "controlvector"

  /// Writes the vectors, times a coefficient, as a control vector.
  ///
  /// - Parameters:
  ///   - coefficient: c of c·v, which the file has no place for
  /// - Throws: `FineTuningError/invalidSetting(name:expected:found:)` for another component than
  ///   the block output and for layer 0, which such files can't hold; `CheckpointError` when it
  ///   can't be written.
  public func writeControlVector(to url: URL, coefficient: Double = 1) throws {
    guard component == .blockOutput else {
      throw FineTuningError.invalidSetting(
        name: "control vector", expected: "vectors of \(Component.blockOutput.rawValue)",
        found: "those of \(component.rawValue)")
    }
    guard !layers.contains(0) else {
      throw FineTuningError.invalidSetting(
        name: "control vector", expected: "layers from 1, as the format has none for layer 0",
        found: "layer 0")
    }
    try GGUF.write(
      layers.map { layer in
        let vector = vectors[layer].map { (Float(coefficient) * $0).detached }
        return (name: "direction.\(layer)", tensor: vector ?? .zeros([width]))
      },
      metadata: [
        ("general.architecture", .string(Self.name)),
        ("\(Self.name).model_hint", .string(architecture ?? "")),
        ("\(Self.name).layer_count", .int32(Int32(clamping: layers.count))),
      ], to: url)
  }

  /// True for a file that says that it is a control vector.
  static func isControlVector(_ url: URL) -> Bool {
    let kind: String? = try? GGUFFile(contentsOf: url).value("general.architecture")
    return kind == name
  }

  /// Reads a control vector.
  ///
  /// - Throws: `FineTuningError/invalidAdapter(path:field:expected:found:)` naming what isn't as
  ///   the format has it, `CheckpointError` when the file is no GGUF file.
  public init(contentsOf url: URL) throws {
    let file = try GGUFFile(contentsOf: url)
    func invalid(_ field: String, _ expected: String, _ found: String) -> FineTuningError {
      .invalidAdapter(path: file.path, field: field, expected: expected, found: found)
    }
    let kind: String = try file.value("general.architecture")
    guard kind == Self.name else { throw invalid("general.architecture", Self.name, kind) }
    let hint: String? = try file.valueIfPresent("\(Self.name).model_hint")
    var vectors: [Int: Tensor] = [:]
    var width: Int?
    for name in file.names {
      let digits = name.hasPrefix("direction.") ? name.dropFirst("direction.".count) : ""
      guard let layer = Int(digits), layer > 0, String(layer) == digits else {
        throw invalid("tensor \(name)", "direction.N with a layer N of at least 1", "this name")
      }
      let stored = try file.tensor(named: name)
      guard stored.elementType == .float32 else {
        throw invalid("tensor \(name)", "float32", "\(stored.elementType)")
      }
      guard stored.shape.count == 1, stored.count > 0, stored.count == width ?? stored.count else {
        throw invalid(
          "tensor \(name)", width.map { "shape [\($0)], as before" } ?? "one axis",
          "shape \(stored.shape)")
      }
      let vector = stored.floats()
      guard vector.elements.allSatisfy(\.isFinite) else {
        throw invalid("tensor \(name)", "finite numbers", "others")
      }
      (vectors[layer], width) = (vector, stored.count)
    }
    guard !vectors.isEmpty else { throw invalid("tensors", "direction.N", "none") }
    self.init(vectors, architecture: hint == "" ? nil : hint)
  }
}
