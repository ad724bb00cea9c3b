import Foundation
import InterchangeBasics
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A GGUF control vector in a folder, of an adapter that adds vectors.
public enum ControlVectorFile: ExportForm {
  /// The file's name in the folder.
  public static let fileName = "control-vector.gguf"

  public static let name = "control-vector"
  public static let holds =
    "steering, reft-r1 (at every position of block_output, from layer 1)"

  public static func isMade(for adapter: any Adapter) -> Bool {
    guard let placed = (adapter as? InterventionAdapter)?.interventions else { return false }
    return !placed.isEmpty && placed.allSatisfy { $0.intervention is any VectorAddition }
  }

  /// Writes each layer's vector as it is added: times its coefficient, or times magnitude and
  /// strength.
  ///
  /// - Throws: `FineTuningError/invalidSetting(name:expected:found:)` for other positions, other
  ///   components and layer 0, which llama.cpp doesn't have; `CheckpointError` when it can't be
  ///   written.
  @discardableResult
  public static func write(
    _ adapter: any Adapter, of base: LanguageModel, to folder: URL
  ) throws -> [String] {
    var vectors: [Int: Tensor] = [:]
    for placed in (adapter as? InterventionAdapter)?.interventions ?? [] {
      guard let steering = placed.intervention as? any VectorAddition else {
        throw unwritable("steering vectors alone", placed.intervention.name)
      }
      guard let vector = steering.addedVector else {
        throw unwritable("a trained \(steering.name)", "an untrained one")
      }
      guard placed.site.component == .blockOutput, placed.site.head == nil,
        placed.site.positions == .every
      else { throw unwritable("block_output at every position", "\(placed.site)") }
      guard vectors.updateValue(vector, forKey: placed.site.layer) == nil else {
        throw unwritable("one vector a layer", "two at \(placed.site)")
      }
    }
    guard !vectors.isEmpty else { throw unwritable("steering", adapter.method) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try SteeringVectors(vectors, architecture: base.architecture.name)
      .writeControlVector(to: folder.appending(component: fileName))
    return [
      "llama-cli --control-vector \(fileName) adds it; the coefficients are in the vectors already"
    ]
  }
}
