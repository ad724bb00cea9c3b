import CInterchangePNGWriter
import Foundation

/// The experiment's record inside a PNG figure.
public enum PNGRecord {
  /// The keyword of the text chunk that holds the record.
  public static let keyword = "interchange"

  /// The record that a figure was written with; nil when the PNG file has none.
  ///
  /// The whole file is checked: a truncated or changed one throws.
  ///
  /// - Throws: `FigureError.cannotRead`, naming the file.
  public static func read(from url: URL) throws(FigureError) -> String? {
    let file = url.path
    let data = try readWhole(url)
    var contents = png_writer_contents()
    var message = [CChar](repeating: 0, count: Int(PNG_WRITER_MESSAGE_LENGTH))
    let status = data.withUnsafeBytes { bytes in
      png_writer_read(
        bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &contents, &message)
    }
    defer { png_writer_free_contents(&contents) }
    guard status == PNG_WRITER_OK else {
      throw .cannotRead(file: file, reason: string(fromC: message))
    }
    for text in UnsafeBufferPointer(start: contents.texts, count: contents.text_count)
    where String(cString: text.keyword) == keyword {
      let bytes = UnsafeRawBufferPointer(start: text.text, count: text.length)
      guard let record = String(validating: bytes, as: UTF8.self) else {
        throw .cannotRead(file: file, reason: "its record is not UTF-8")
      }
      return record
    }
    return nil
  }
}
