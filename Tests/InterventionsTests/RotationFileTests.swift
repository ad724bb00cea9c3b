import Foundation
import InterchangeCheckpoints
import InterchangeInterventions
import InterchangeTensors
import Testing

@Suite struct RotationFileTests {
  private final class Folder {
    let url: URL

    init() throws {
      url = FileManager.default.temporaryDirectory.appending(
        component: "InterventionsTests-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
  }

  private let folder: Folder
  private var url: URL { folder.url.appending(component: "rotation.safetensors") }

  init() throws { folder = try Folder() }

  @Test func roundTrip() throws {
    let metadata = ["site": "block_output 15 @ -1", "note": "a \"quoted\" 東京"]
    for rotation in [
      try Rotation.random(rank: 3, width: 17, seed: 4),
      try Rotation.random(rank: 9, width: 17, seed: 4).within(rank: 2, seed: 1),
      try Rotation.random(rank: 1, width: 1, seed: 4).frozen,
    ] {
      try rotation.write(to: url, metadata: metadata)
      let (read, found) = try Rotation.read(contentsOf: url)
      #expect(read.frame.shape == rotation.frame.shape)
      #expect(read.frame.elements == rotation.frame.elements)
      #expect(read.container == nil)
      #expect(found == metadata)
    }
  }

  /// The error for a file that holds these tensors, without the path before it.
  private func fault(_ tensors: [(String, Tensor)]) throws -> String? {
    try Safetensors.write(tensors.map { (name: $0.0, tensor: $0.1) }, to: url)
    guard let found = line({ _ = try Rotation.read(contentsOf: url) }) else { return nil }
    #expect(found.hasPrefix("\(url.path): "), "\(found)")
    #expect(!found.contains("\n"))
    return String(found.dropFirst(url.path.count + 2))
  }

  @Test func refusesWhatIsNoFrame() throws {
    let frame = try Rotation.random(rank: 2, width: 4, seed: 1).frame
    #expect(try fault([("rotation", frame)]) == nil)
    #expect(
      try fault([("rotation", 1.5 * frame)])?.hasPrefix(
        "expected a frame with orthonormal rows, found ‖RRᵀ − I‖∞ = 1.2") == true)
    var broken = frame
    broken.mutateElements { $0[3] = .nan }
    #expect(
      try fault([("rotation", broken)])
        == "expected a frame with orthonormal rows, found ‖RRᵀ − I‖∞ = inf")
    #expect(
      try fault([("rotation", frame.reshaped([8]))])
        == "rotation: expected a matrix, found shape [8]")
    #expect(
      try fault([("rotation", frame.reshaped([2, 2, 2]))])
        == "rotation: expected a matrix, found shape [2, 2, 2]")
    for shape in [[0, 4], [4, 0], [5, 4]] {
      #expect(
        try fault([("rotation", .zeros(shape))])
          == "rotation: expected at least one row and no more than columns, found shape \(shape)")
    }
    #expect(
      try fault([("rotations", frame)])
        == "expected tensor \"rotation\", found none; near: \"rotations\"")
  }

  @Test func refusesADamagedFile() throws {
    try Rotation.random(rank: 2, width: 4, seed: 1).write(to: url)
    let whole = try Data(contentsOf: url)
    for count in [0, 7, 20, whole.count - 1] {
      try whole.prefix(count).write(to: url)
      #expect(line { _ = try Rotation.read(contentsOf: url) }?.hasPrefix(url.path) == true)
    }
    try FileManager.default.removeItem(at: url)
    #expect(
      line { _ = try Rotation.read(contentsOf: url) }
        == "\(url.path): can't be read: No such file or directory")
  }

  @Test func refusesAFolderThatIsNotThere() throws {
    let nowhere = folder.url.appending(components: "missing", "rotation.safetensors")
    let rotation = try Rotation.random(rank: 1, width: 4, seed: 1)
    #expect(line { try rotation.write(to: nowhere) }?.hasPrefix(nowhere.path) == true)
  }
}
