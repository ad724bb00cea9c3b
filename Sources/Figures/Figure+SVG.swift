import Foundation

extension Figure {
  func svgData(record: String?) throws(FigureError) -> Data {
    let svg = withStableNames(try drawn(on: .svg).finishedBytes())
    guard let record else { return svg }
    guard let root = svg.range(of: Data("<svg ".utf8)),
      let end = svg[root.upperBound...].firstIndex(of: UInt8(ascii: ">"))
    else { throw .record(reason: "the SVG has no root element") }
    return svg[...end] + Data("\n<metadata>\(xmlEscaped(record))</metadata>".utf8)
      + svg[svg.index(after: end)...]
  }
}

/// The same drawing with its surfaces and images numbered from 0.
///
/// Cairo numbers them through the life of the process, so that a second drawing would differ.
private func withStableNames(_ svg: Data) -> Data {
  let bytes = [UInt8](svg)
  let quote = UInt8(ascii: "\"")
  let stems = ["surface", "image"].map { Array($0.utf8) }
  var result = Data(capacity: bytes.count)
  var numbers: [ArraySlice<UInt8>: Int] = [:]
  var position = 0
  while position < bytes.count {
    let byte = bytes[position]
    result.append(byte)
    position += 1
    // Names are between quotes, or after the # of a reference.
    guard byte == quote || byte == UInt8(ascii: "#") else { continue }
    for stem in stems where bytes[position...].starts(with: stem) {
      let digits = bytes[(position + stem.count)...].prefix {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
      }
      let end = digits.endIndex
      guard !digits.isEmpty, end < bytes.count,
        bytes[end] == quote || bytes[end] == UInt8(ascii: ")")
      else { continue }
      let number = numbers[bytes[position..<end], default: numbers.count]
      numbers[bytes[position..<end]] = number
      result.append(contentsOf: stem)
      result.append(contentsOf: String(number).utf8)
      position = end
      break
    }
  }
  return result
}

/// Text as it is written between XML tags; what XML cannot hold becomes U+FFFD.
private func xmlEscaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\r": result += "&#13;"
    case "\t", "\n": result.unicodeScalars.append(scalar)
    case _ where scalar.value < 0x20 || scalar.isNoncharacter: result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
