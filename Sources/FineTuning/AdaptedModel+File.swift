import Checkpoints
import Foundation
import Interventions
import Models
import Tensors

/// What the file of an adapter says of itself, beside its tensors.
private struct AdapterRecord: Codable {
  struct Entry: Codable {
    let method: String
    let site: Site
    let rank: Int
    let rotationIsTrained: Bool
  }

  static let currentFormat = "interchange-adapter-1"
  let format: String
  /// The hash of the base model's weights.
  let base: String
  let entries: [Entry]
}

extension AdaptedModel {
  /// The file of an adapter in its folder.
  private static let fileName = "adapter.safetensors"

  /// Writes the interventions with the identity of their base model: one safetensors file.
  ///
  /// - Parameter folder: made when it doesn't exist
  /// - Throws: `CheckpointError` when it can't be written.
  public func write(to folder: URL) throws {
    var tensors: [(name: String, tensor: Tensor)] = []
    var entries: [AdapterRecord.Entry] = []
    for (index, placed) in interventions.enumerated() {
      guard let loreft = placed.intervention as? LoReFT else {
        preconditionFailure("AdaptedModel.write: \(placed.intervention.name) has no file form")
      }
      tensors.append(("\(index).rotation", loreft.rotation.frame))
      tensors.append(("\(index).weight", loreft.weight.value))
      tensors.append(("\(index).bias", loreft.bias.value))
      entries.append(
        AdapterRecord.Entry(
          method: loreft.name, site: placed.site, rank: loreft.rotation.rank,
          rotationIsTrained: loreft.rotation.isTrained))
    }
    let record = AdapterRecord(
      format: AdapterRecord.currentFormat, base: try base.identity(), entries: entries)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Safetensors.write(
      tensors,
      metadata: ["interchange": String(decoding: try encoder.encode(record), as: UTF8.self)],
      to: folder.appending(component: Self.fileName))
  }

  /// Reads an adapter that ``write(to:)`` wrote, for the same base model.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` naming what doesn't fit, or
  ///   `CheckpointError` when the file can't be read.
  public convenience init(contentsOf path: String, base: LanguageModel) throws {
    let folder = URL(fileURLWithPath: (path as NSString).expandingTildeInPath)
    let file = try SafetensorsFile(contentsOf: folder.appending(component: Self.fileName))
    func invalid(_ field: String, _ expected: String, _ found: String) -> FineTuningError {
      .invalidAdapter(path: file.path, field: field, expected: expected, found: found)
    }
    guard let json = file.metadata["interchange"],
      let record = try? JSONDecoder().decode(AdapterRecord.self, from: Data(json.utf8)),
      record.format == AdapterRecord.currentFormat
    else {
      throw invalid("metadata", "a record of format \(AdapterRecord.currentFormat)", "none")
    }
    let identity = try base.identity()
    guard record.base == identity else {
      throw invalid("base model", "\(record.base), which it was trained on", identity)
    }
    let placed = try record.entries.enumerated().map { index, entry in
      guard entry.method == "loreft" else { throw invalid("method", "loreft", entry.method) }
      let width = try base.model.width(of: entry.site)
      func tensor(_ name: String, _ shape: [Int]) throws -> Tensor {
        let stored = try file.tensor(named: "\(index).\(name)")
        guard stored.shape == shape else {
          throw invalid("tensor \(index).\(name)", "shape \(shape)", "\(stored.shape)")
        }
        return stored.floats()
      }
      let frame = try tensor("rotation", [entry.rank, width])
      let rotation: Rotation
      do {
        rotation = try Rotation(orthonormal: frame, isTrained: entry.rotationIsTrained)
      } catch {
        throw invalid("tensor \(index).rotation", "a frame with orthonormal rows", "\(error)")
      }
      return PlacedIntervention(
        LoReFT(
          rotation: rotation, weight: try tensor("weight", [entry.rank, width]),
          bias: try tensor("bias", [entry.rank])), at: entry.site)
    }
    try self.init(base, placed)
  }
}
