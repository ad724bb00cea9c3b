extension String {
  /// The text with every control character but line feeds and tabs in escaped form, such as
  /// `\u{1B}`: a terminal shows it and does nothing else.
  package var withVisibleControls: String {
    func isShown(_ scalar: Unicode.Scalar) -> Bool {
      scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value) || scalar == "\n"
        || scalar == "\t"
    }
    guard !unicodeScalars.allSatisfy(isShown) else { return self }
    return unicodeScalars.map { scalar in
      if isShown(scalar) { return String(scalar) }
      return scalar == "\r" ? "\\r" : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    }.joined()
  }
}

extension String {
  /// The text on one line, with Unicode's pictures of what would break it or steer a terminal: a
  /// newline is ␊, a tab ⇥, a carriage return ␍, other control characters ␀ to ␟ and ␡ likewise;
  /// C1 controls and line separators are escaped, such as `\u{85}`.
  package var withControlSymbols: String {
    guard unicodeScalars.contains(where: { $0.controlSymbol != nil }) else { return self }
    return unicodeScalars.map { $0.controlSymbol ?? String($0) }.joined()
  }
}

extension Unicode.Scalar {
  /// The picture of a control character; nil for every other character.
  package var controlSymbol: String? {
    switch value {
    case 0x09: "⇥"
    case 0x00...0x1F: Unicode.Scalar(0x2400 + value).map { String($0) }
    case 0x7F: "␡"
    case 0x80...0x9F, 0x2028, 0x2029: "\\u{\(String(value, radix: 16))}"
    default: nil
    }
  }
}

/// `text` in quotes, on one line and cut after some characters, for errors that show a file's
/// content.
package func quoted(_ text: String, upTo length: Int = 60) -> String {
  let shown = text.unicodeScalars.prefix(length)
  let escaped = shown.map { scalar in
    scalar.properties.generalCategory == .control || scalar == "\"" || scalar == "\\"
      || scalar == "\u{2028}" || scalar == "\u{2029}"
      ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return "\"\(escaped.joined())\(shown.endIndex < text.unicodeScalars.endIndex ? "…" : "")\""
}

/// The at most three names that are closest to `name` by edits, nearest first, ties in order.
package func nearNames(to name: String, among names: some Sequence<String>) -> [String] {
  let wanted = Array(name.utf8.prefix(128))
  let limit = max(2, wanted.count / 4)
  var near: [(name: String, distance: Int)] = []
  for candidate in names where abs(candidate.utf8.count - wanted.count) <= limit {
    let distance = editDistance(wanted, Array(candidate.utf8.prefix(128)))
    if distance <= limit { near.append((candidate, distance)) }
  }
  let order = near.enumerated().sorted {
    ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset)
  }
  return order.prefix(3).map(\.element.name)
}

/// The words after an unknown name: those closest to it, or else all that are known.
///
/// - Parameter expected: the words before all of them
package func suggestion(
  for name: String, among names: [String], expected: String = "expected"
) -> String {
  let near = nearNames(to: name, among: names)
  return near.isEmpty
    ? "\(expected) \(names.joined(separator: ", "))"
    : "did you mean \(near.joined(separator: " or "))?"
}

/// The number of bytes to insert, delete or replace to turn `a` into `b` (Levenshtein).
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
  for (i, byte) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, other) in b.enumerated() {
      let replaced = diagonal + (byte == other ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
    }
  }
  return row[b.count]
}
