import Foundation
import InterchangeBasics

/// The experiment's record inside a figure, whichever format its file has.
public enum FigureRecord {
  /// The record that a figure was written with; nil when the file has none.
  ///
  /// The file's first bytes tell its format. A PDF's record is read where its information is not
  /// compressed, as in the files that this library writes.
  ///
  /// - Throws: `FigureError.cannotRead`, naming the file.
  public static func read(from url: URL) throws(FigureError) -> String? {
    let data = try readWhole(url)
    if data.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return try PNGRecord.read(from: url) }
    if data.starts(with: Data("%PDF-".utf8)) { return try PDFInformation(data, url.path).subject }
    if data.prefix(1024).range(of: Data("<svg".utf8)) != nil { return try svg(data, url.path) }
    throw .cannotRead(file: url.path, reason: "expected a PNG, SVG or PDF file")
  }

  private static func svg(_ data: Data, _ file: String) throws(FigureError) -> String? {
    guard let start = data.range(of: Data("<metadata>".utf8))?.upperBound else { return nil }
    guard let end = data[start...].range(of: Data("</metadata>".utf8))?.lowerBound,
      let text = String(validating: data[start..<end], as: UTF8.self)
    else { throw .cannotRead(file: file, reason: "its metadata has no end or is not UTF-8") }
    return xmlUnescaped(text)
  }
}

/// The information dictionary of a PDF file.
private struct PDFInformation {
  private let bytes: Data
  private let file: String

  init(_ bytes: Data, _ file: String) { (self.bytes, self.file) = (bytes, file) }

  /// The document's subject; nil when it has none.
  var subject: String? {
    get throws(FigureError) {
      guard let trailer = bytes.range(of: Data("trailer".utf8), options: .backwards)?.upperBound,
        let information = position(after: "/Info", from: trailer),
        let number = number(at: information)
      else { return nil }
      guard let object = position(after: "\n\(number) 0 obj", from: bytes.startIndex),
        let end = bytes[object...].range(of: Data("endobj".utf8))?.lowerBound
      else { throw .cannotRead(file: file, reason: "its information is missing") }
      guard let value = bytes[object..<end].range(of: Data("/Subject".utf8))?.upperBound else {
        return nil
      }
      guard let text = string(at: value, before: end) else {
        throw .cannotRead(file: file, reason: "its subject is no text")
      }
      return text
    }
  }

  private func position(after text: String, from start: Int) -> Int? {
    bytes[start...].range(of: Data(text.utf8))?.upperBound
  }

  private func number(at start: Int) -> Int? {
    let digits = bytes[start...].drop { $0 == UInt8(ascii: " ") }.prefix {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
    }
    return digits.count < 10 ? Int(String(decoding: digits, as: UTF8.self)) : nil
  }

  /// A string in parentheses or in hexadecimal digits.
  private func string(at start: Int, before end: Int) -> String? {
    guard let first = bytes[start..<end].firstIndex(where: { $0 > 0x20 }) else { return nil }
    switch bytes[first] {
    case UInt8(ascii: "("): return text(literal(first + 1, end))
    case UInt8(ascii: "<"): return text(hexadecimal(first + 1, end))
    default: return nil
    }
  }

  /// The bytes of a literal string: parentheses in it are balanced or escaped.
  private func literal(_ start: Int, _ end: Int) -> [UInt8]? {
    let escapes: [UInt8: UInt8] = [
      UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
      UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C,
    ]
    var (result, depth, position) = ([UInt8](), 1, start)
    while position < end {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\\"):
        guard position < end else { return nil }
        let digits = bytes[position..<min(position + 3, end)].prefix { (0x30...0x37).contains($0) }
        if digits.isEmpty {
          let escaped = bytes[position]
          if escaped != 0x0A { result.append(escapes[escaped] ?? escaped) }
          position += 1
        } else {
          result.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }))
          position += digits.count
        }
      case UInt8(ascii: "("):
        depth += 1
        result.append(byte)
      case UInt8(ascii: ")"):
        depth -= 1
        if depth == 0 { return result }
        result.append(byte)
      default: result.append(byte)
      }
    }
    return nil
  }

  private func hexadecimal(_ start: Int, _ end: Int) -> [UInt8]? {
    var nibbles: [UInt8] = []
    for byte in bytes[start..<end] {
      if byte == UInt8(ascii: ">") {
        if nibbles.count % 2 == 1 { nibbles.append(0) }
        return stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
      }
      guard byte > 0x20 else { continue }
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
      nibbles.append(UInt8(digit))
    }
    return nil
  }

  /// UTF-16 after its mark, otherwise single bytes.
  private func text(_ string: [UInt8]?) -> String? {
    guard let string else { return nil }
    guard string.starts(with: [0xFE, 0xFF]) else { return String(decoding: string, as: UTF8.self) }
    let units = stride(from: 2, to: string.count - 1, by: 2).map {
      UInt16(string[$0]) << 8 | UInt16(string[$0 + 1])
    }
    return String(decoding: units, as: UTF16.self)
  }
}

/// Text from between XML tags, with the entities that `xmlEscaped` writes and numeric ones.
private func xmlUnescaped(_ text: String) -> String {
  let entities: [String: Unicode.Scalar] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'",
  ]
  var result = String.UnicodeScalarView()
  var rest = text.unicodeScalars[...]
  while let next = rest.firstIndex(of: "&") {
    result.append(contentsOf: rest[..<next])
    rest = rest[rest.index(after: next)...]
    let name = String(rest.prefix(12).prefix { $0 != ";" })
    let isHexadecimal = name.hasPrefix("#x")
    let number =
      name.hasPrefix("#")
      ? UInt32(name.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10) : nil
    let end = rest.index(rest.startIndex, offsetBy: name.unicodeScalars.count)
    guard let scalar = entities[name] ?? number.flatMap(Unicode.Scalar.init),
      end < rest.endIndex, rest[end] == ";"
    else {
      result.append("&")
      continue
    }
    result.append(scalar)
    rest = rest[rest.index(after: end)...]
  }
  result.append(contentsOf: rest)
  return String(result)
}
