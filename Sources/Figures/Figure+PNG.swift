import CInterchangePNGWriter
import Foundation

extension Figure {
  /// The figure as a PNG file in memory, with the record inside when there is one.
  ///
  /// - Throws: `FigureError` when it cannot be drawn or encoded.
  public func pngData(record: String? = nil) throws(FigureError) -> Data {
    let pixels = try rendered()
    if let record, record.utf8.contains(0) { throw .record(reason: "it has a zero byte") }
    var bytes: UnsafeMutablePointer<UInt8>?
    var length = 0
    var message = [CChar](repeating: 0, count: Int(PNG_WRITER_MESSAGE_LENGTH))
    let status = pixels.bytes.withUnsafeBufferPointer { buffer in
      var image = png_writer_image(
        pixels: buffer.baseAddress, bytes_per_row: pixels.width * 3,
        width: UInt32(pixels.width), height: UInt32(pixels.height), channels: 3,
        pixels_per_metre: UInt32((resolution / 0.0254).rounded()))
      return withTexts(record) { texts in
        png_writer_encode(&image, texts.baseAddress, texts.count, &bytes, &length, &message)
      }
    }
    defer { png_writer_free(bytes) }
    guard status == PNG_WRITER_OK, let bytes else {
      throw .encoding(reason: string(fromC: message))
    }
    return Data(bytes: bytes, count: length)
  }

  /// The figure's pixels.
  package func rendered() throws(FigureError) -> Pixels {
    try drawn(on: .image(resolution: resolution)).finishedPixels()
  }

  /// Records longer than this are compressed.
  private var longRecord: Int { 1024 }

  private func withTexts<Result>(
    _ record: String?, _ body: (UnsafeBufferPointer<png_writer_text>) -> Result
  ) -> Result {
    guard let record else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
    let kind = record.utf8.count > longRecord ? PNG_WRITER_ITXT_COMPRESSED : PNG_WRITER_ITXT
    return PNGRecord.keyword.withCString { keyword in
      record.withCString { text in
        withUnsafePointer(to: png_writer_text(keyword: keyword, text: text, kind: kind)) {
          body(UnsafeBufferPointer(start: $0, count: 1))
        }
      }
    }
  }
}

/// An opaque image: three bytes a pixel (red, green, blue), rows from the top.
package struct Pixels: Sendable {
  /// The width in pixels.
  package let width: Int
  /// The height in pixels.
  package let height: Int
  /// The components in 0…255.
  package let bytes: [UInt8]  // [height, width, 3]

  /// The color of one pixel.
  package subscript(x: Int, y: Int) -> Color {
    let start = (y * width + x) * 3
    return Color(
      red: Double(bytes[start]) / 255, green: Double(bytes[start + 1]) / 255,
      blue: Double(bytes[start + 2]) / 255)
  }
}

/// The text before the first zero.
func string(fromC characters: [CChar]) -> String {
  String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
