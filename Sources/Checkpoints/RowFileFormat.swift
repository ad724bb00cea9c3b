import Foundation
import InterchangeBasics

/// A form of files that hold one matrix of float32, row after row, so that rows can be written as
/// they are made: all that comes before the first row follows from their number and their width.
public protocol RowFileFormat: Sendable {
  /// The name on the command line and the ending of the files' names.
  static var name: String { get }

  /// The bytes before the first row.
  ///
  /// - Parameters:
  ///   - tensor: the matrix's name, where the form has names
  ///   - metadata: strings about it, where the form has a place for them
  static func header(
    tensor: String, rows: Int, width: Int, metadata: [String: String]
  ) throws -> [UInt8]
}

/// The forms of files of rows.
public enum RowFileFormats {
  /// All forms, the usual one first.
  public static let all: [any RowFileFormat.Type] = [SafetensorsRows.self, NumPyRows.self]

  /// The form of a name; nil for another name.
  public static func named(_ name: String) -> (any RowFileFormat.Type)? {
    all.first { $0.name == name }
  }
}

/// A safetensors file of one tensor [rows, width].
public enum SafetensorsRows: RowFileFormat {
  public static let name = "safetensors"

  public static func header(
    tensor: String, rows: Int, width: Int, metadata: [String: String]
  ) throws -> [UInt8] {
    try Safetensors.header([(tensor, [rows, width])], metadata: metadata, path: tensor)
  }
}

/// An array file of numpy's, version 1: what `numpy.load` reads and maps.
///
/// 1. The bytes 0x93 and "NUMPY", the version 1.0, the length of the header as a little-endian
///    uint16.
/// 2. The header, a dictionary as Python writes it, padded with spaces so that the elements begin at
///    a multiple of 64 bytes, and a line end.
/// 3. The elements, little-endian, row-major.
public enum NumPyRows: RowFileFormat {
  public static let name = "npy"

  public static func header(
    tensor: String, rows: Int, width: Int, metadata: [String: String]
  ) throws -> [UInt8] {
    var text = Array(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), \(width)), }".utf8)
    let before = 10
    text += Array(repeating: UInt8(ascii: " "), count: -(before + text.count + 1) & 63)
    text.append(UInt8(ascii: "\n"))
    let length = withUnsafeBytes(of: UInt16(text.count).littleEndian) { Array($0) }
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + length + text
  }
}
