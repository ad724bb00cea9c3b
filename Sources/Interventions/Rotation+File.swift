import Foundation
import InterchangeCheckpoints
import InterchangeTensors

extension Rotation {
  /// Writes the frame R [k, d] itself to a safetensors file, under the name `rotation`.
  ///
  /// - Parameter metadata: strings about it, such as the site and the model's identity
  /// - Throws: `CheckpointError` when it can't be written.
  public func write(to url: URL, metadata: [String: String] = [:]) throws {
    try Safetensors.write([("rotation", frame)], metadata: metadata, to: url)
  }

  /// Reads a frame R [k, d] from a safetensors file.
  ///
  /// - Throws: `CheckpointError` when the file has no matrix `rotation`, ``InterventionError`` when
  ///   its rows aren't orthonormal.
  public static func read(contentsOf url: URL) throws -> (Rotation, metadata: [String: String]) {
    let file = try SafetensorsFile(contentsOf: url)
    let stored = try file.tensor(named: "rotation")
    guard stored.shape.count == 2 else {
      throw InterventionError.invalidFile(
        path: file.path, field: "rotation", expected: "a matrix", found: "shape \(stored.shape)")
    }
    do {
      return (try Rotation(orthonormal: stored.floats()), file.metadata)
    } catch InterventionError.notOrthonormal(_, let error) {
      throw InterventionError.notOrthonormal(path: file.path, error: error)
    } catch InterventionError.rankOutOfRange {
      throw InterventionError.invalidFile(
        path: file.path, field: "rotation", expected: "at least one row and no more than columns",
        found: "shape \(stored.shape)")
    }
  }
}
