/// What is wrong with a checkpoint file, a configuration file, or a request to one.
public enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The operating system refused to open, map or list a file.
  case unreadable(file: String, reason: String)
  /// The operating system refused to write a file; nothing is left under its name.
  case unwritable(file: String, reason: String)
  /// A place of a file holds something else than its format, or the caller, asks for.
  case malformed(file: String, place: String, expected: String, found: String)
  /// A file has no tensor, key or field of this name; `near` holds similar names that it has.
  case missing(file: String, kind: String, name: String, near: [String])

  /// One line that names the file, the place, what was expected and what was found.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): can't be read: \(reason)"
    case .unwritable(let file, let reason): "\(file): can't be written: \(reason)"
    case .malformed(let file, let place, let expected, let found):
      "\(file): \(place): expected \(expected), found \(found)"
    case .missing(let file, let kind, let name, let near):
      "\(file): expected \(kind) \(quoted(name)), found none"
        + (near.isEmpty ? "" : "; near: " + near.map(quoted).joined(separator: ", "))
    }
  }
}

/// `text` in quotes, on one line and cut after 60 characters, as errors show what a file holds.
package func quoted(_ text: String) -> String {
  let shown = text.unicodeScalars.prefix(60)
  let escaped = shown.map { scalar in
    scalar.properties.generalCategory == .control || scalar == "\"" || scalar == "\\"
      || scalar == "\u{2028}" || scalar == "\u{2029}"
      ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return "\"\(escaped.joined())\(shown.endIndex < text.unicodeScalars.endIndex ? "…" : "")\""
}

/// The at most three names that are closest to `name` by edits, nearest first, ties in order.
func nearNames(to name: String, among names: some Sequence<String>) -> [String] {
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
