import InterchangeBasics

/// The named parts of a row's texts.
///
/// `"spans": {"noun": "key"}` names a part by its words, in base and sources alike;
/// `{"noun": ["key", "keys"]}` in base and source, each by its words or as `[start, end]`, offsets
/// in characters (Unicode scalars, as Python counts them).
struct PairSpans {
  private(set) var base: [String: Range<Int>] = [:]
  private(set) var sources: [[String: Range<Int>]]

  init(_ row: PairRows.Row, base text: String, sources texts: [String]) throws {
    sources = texts.map { _ in [:] }
    guard let value = row.fields["spans"], value != .null else { return }
    guard let members = value.members else {
      throw row.fault("'spans': expected an object of names, found \(value.summary)")
    }
    for member in members {
      let (name, value) = (member.key, member.value)
      let places: [JSONValue]
      if case .string = value {
        places = Array(repeating: value, count: texts.count + 1)
      } else if let both = value.members, value["base"] != nil {
        guard both.allSatisfy({ ["base", "source"].contains($0.key) }) else {
          throw row.fault("span '\(name)': expected base and source")
        }
        let source = value["source"]
        let isList = source?.array?.allSatisfy { $0.integer == nil } ?? false
        places = [value["base"] ?? .null] + (isList ? source?.array ?? [] : [source ?? .null])
      } else if let list = value.array {
        places = list
      } else {
        throw row.fault(
          "span '\(name)': expected its words, or a list with those of base and source, found "
            + value.summary)
      }
      guard places.count == texts.count + 1 else {
        throw row.fault(
          "span '\(name)': expected one place for base and one for each source, "
            + "\(texts.count + 1) in all, found \(places.count)")
      }
      base[name] = try Self.range(places[0], in: text, name, "the base", row)
      for index in texts.indices {
        sources[index][name] = try Self.range(
          places[index + 1], in: texts[index], name, "the source", row)
      }
    }
  }

  /// The UTF-8 offsets of a part.
  private static func range(
    _ value: JSONValue, in text: String, _ name: String, _ place: String, _ row: PairRows.Row
  ) throws -> Range<Int> {
    if case .string(let words) = value {
      let (bytes, wanted) = (Array(text.utf8), Array(words.utf8))
      let found = occurrences(of: wanted, in: bytes)
      guard let first = found.first, found.count == 1 else {
        throw row.fault(
          "span '\(name)': \(quoted(words)) occurs \(found.isEmpty ? "nowhere" : "\(found.count) times")"
            + " in \(place) \(quoted(text))"
            + (found.isEmpty ? "" : "; give its place as [start, end]"))
      }
      return first..<first + wanted.count
    }
    let scalars = text.unicodeScalars
    guard let ends = value.array, ends.count == 2, let start = ends[0].integer,
      let end = ends[1].integer, 0 <= start, start < end, end <= scalars.count
    else {
      throw row.fault(
        "span '\(name)': expected words of \(place), or [start, end] with 0 ≤ start < end ≤ "
          + "\(scalars.count), found \(value.summary)")
    }
    func offset(_ count: Int) -> Int {
      scalars.prefix(count).reduce(0) { $0 + UTF8.width($1) }
    }
    return offset(start)..<offset(end)
  }

  /// The places where words occur, not inside a longer word; overlapping ones count once.
  private static func occurrences(of wanted: [UInt8], in bytes: [UInt8]) -> [Int] {
    guard !wanted.isEmpty, wanted.count <= bytes.count else { return [] }
    func isLetter(_ index: Int) -> Bool {
      bytes.indices.contains(index)
        && (bytes[index] >= 0x80 || UnicodeScalar(bytes[index]).properties.isAlphabetic)
    }
    var found: [Int] = []
    var index = 0
    while index + wanted.count <= bytes.count {
      let end = index + wanted.count
      let isWhole =
        !(isLetter(index) && isLetter(index - 1)) && !(isLetter(end - 1) && isLetter(end))
      if bytes[index..<end].elementsEqual(wanted), isWhole {
        found.append(index)
        index = end
      } else {
        index += 1
      }
    }
    return found
  }
}
