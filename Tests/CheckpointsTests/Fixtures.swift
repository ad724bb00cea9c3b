import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTestSupport

/// The files of Tests/Fixtures/checkpoints, made by its make_fixtures.py.
enum Fixture {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(components: "Fixtures", "checkpoints")

  static func url(_ name: String) -> URL { folder.appending(path: name) }

  static func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: url(name)))
  }

  /// The float32 values of a .f32 file.
  static func floats(_ name: String) throws -> [Float] {
    try bytes(name).withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { i in
        Float(bitPattern: bytes.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self))
      }
    }
  }
}

extension TemporaryFolder {
  /// The names of the files in the folder.
  var contents: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path()).sorted() }
  }
}

/// The error that a body throws, as the line that a user sees; nil when it throws none.
func line(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

/// The bits of floats: what "exactly equal" compares, signed zeros included.
func bits(_ floats: some Sequence<Float>) -> [UInt32] { floats.map(\.bitPattern) }

extension [UInt8] {
  /// The bytes with those from an offset on replaced.
  func replacing(at offset: Int, with bytes: [UInt8]) -> [UInt8] {
    var copy = self
    copy.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return copy
  }

  /// The offset of the first place of these bytes.
  func offset(of bytes: [UInt8]) -> Int? {
    indices.dropLast(Swift.max(0, bytes.count - 1)).first { start in
      self[start..<start + bytes.count].elementsEqual(bytes)
    }
  }
}

/// The bytes of a number, little-endian.
func littleEndian<T: FixedWidthInteger>(_ number: T) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}
