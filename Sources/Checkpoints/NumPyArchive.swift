import Foundation
import InterchangeBasics

/// A file that `numpy.savez` wrote: a zip archive of arrays, stored as they are.
///
/// Each entry `name.npy` is:
///
/// 1. The bytes 0x93 and "NUMPY", a version (major, minor), the length of the header: a uint16 in
///    version 1, else a uint32, little-endian.
/// 2. The header, a dictionary as Python writes it: `{'descr': '<f4', 'fortran_order': False,
///    'shape': (2304, 16384), }`, padded with spaces.
/// 3. The elements, row-major.
///
/// All of it is checked before this value exists, and that the elements fill the entry. Refused are
/// compressed archives (`savez_compressed`), other byte orders, column-major arrays and Python
/// objects; nothing is executed.
public struct NumPyArchive: Checkpoint {
  /// The mapped file.
  public let file: MappedFile
  /// The arrays' names, in the archive's order.
  public let names: [String]
  private let tensors: [String: StoredTensor]

  /// The file's path, as errors name it.
  public var path: String { file.path }
  /// The one file.
  public var files: [MappedFile] { [file] }

  /// Maps an archive and checks every array's header.
  ///
  /// - Throws: ``CheckpointError`` that names the place in the archive.
  public init(contentsOf url: URL) throws {
    let file = try MappedFile(contentsOf: url)
    let directory = try ZipDirectory(file, writer: .numpy)
    var names: [String] = []
    var tensors: [String: StoredTensor] = [:]
    for entry in directory.names {
      guard entry.hasSuffix(".npy"), let range = directory.entries[entry] else {
        throw CheckpointError.malformed(
          file: file.path, place: "zip entry \(quoted(entry))", expected: "an array NAME.npy",
          found: "another name")
      }
      let name = String(entry.dropLast(4))
      tensors[name] = try Self.array(name, range, of: file)
      names.append(name)
    }
    (self.file, self.names, self.tensors) = (file, names, tensors)
  }

  /// True when there is an array of this name.
  public func contains(_ name: String) -> Bool { tensors[name] != nil }

  /// The array of this name.
  ///
  /// - Throws: ``CheckpointError`` when there is none.
  public func tensor(named name: String) throws -> StoredTensor {
    guard let tensor = tensors[name] else { throw missingTensor(name) }
    return tensor
  }

  private static let types: [String: ElementType] = [
    "<f4": .float32, "<f2": .float16, "<f8": .float64, "|i1": .int8, "<i2": .int16, "<i4": .int32,
    "<i8": .int64, "|u1": .uint8, "<u2": .uint16, "<u4": .uint32, "<u8": .uint64, "|b1": .boolean,
  ]

  private static func array(
    _ name: String, _ range: Range<Int>, of file: MappedFile
  ) throws -> StoredTensor {
    let place = "array \(quoted(name))"
    var reader = ByteReader(file, range, called: "the entry")
    let magic = try reader.take(6, place)
    guard file.withBytes({ Array($0[magic]) == [0x93] + Array("NUMPY".utf8) }) else {
      throw reader.malformed(place, expected: "an array of numpy's", found: "other bytes")
    }
    let version = try reader.number(UInt8.self, place)
    _ = try reader.number(UInt8.self, place)
    guard (1...3).contains(version) else {
      throw reader.malformed(place, expected: "version 1 to 3", found: "\(version)")
    }
    let length =
      version == 1
      ? UInt64(try reader.number(UInt16.self, place))
      : UInt64(try reader.number(UInt32.self, place))
    guard length <= 1 << 16 else {
      throw reader.malformed(place, expected: "a header of at most 65536 bytes", found: "\(length)")
    }
    let text = try reader.string(length: length, "\(place), header")
    guard let header = NumPyHeader(text) else {
      throw reader.malformed(
        "\(place), header", expected: "descr, fortran_order and shape",
        found: quoted(text.trimmingCharacters(in: .whitespacesAndNewlines), upTo: 80))
    }
    guard let type = types[header.type] else {
      throw reader.malformed(
        "\(place), descr", expected: types.keys.sorted().joined(separator: ", "),
        found: quoted(header.type, upTo: 20))
    }
    guard !header.isColumnMajor || header.shape.count < 2 else {
      throw reader.malformed(
        "\(place), fortran_order", expected: "False, rows one after the other", found: "True")
    }
    var bytes = type.bytesPerBlock
    for extent in header.shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
      guard !overflow else {
        throw reader.malformed("\(place), shape", expected: "a size", found: "\(header.shape)")
      }
      bytes = product
    }
    guard reader.remaining == bytes else {
      throw reader.malformed(
        place, expected: "\(bytes) bytes for the shape \(header.shape)",
        found: "\(reader.remaining)")
    }
    return StoredTensor(
      name: name, shape: header.shape, elementType: type, file: file,
      byteRange: reader.position..<range.upperBound)
  }
}

/// The three fields of an array's header, as numpy writes them.
private struct NumPyHeader {
  let type: String
  let isColumnMajor: Bool
  let shape: [Int]

  init?(_ text: String) {
    // Between #/ and /# spaces and line ends don't count.
    let pattern =
      #/
      \{ \s* 'descr' \s* : \s* '([^']*)' \s* , \s*
      'fortran_order' \s* : \s* (True|False) \s* , \s*
      'shape' \s* : \s* \(([0-9,\ ]*)\) \s* ,? \s* \} \s*
      /#
    guard let match = text.wholeMatch(of: pattern) else { return nil }
    type = String(match.1)
    isColumnMajor = match.2 == "True"
    var shape: [Int] = []
    for part in match.3.split(separator: ",") {
      let digits = part.trimmingCharacters(in: .whitespaces)
      if digits.isEmpty { continue }
      guard let extent = Int(digits), shape.count < 8 else { return nil }
      shape.append(extent)
    }
    self.shape = shape
  }
}
