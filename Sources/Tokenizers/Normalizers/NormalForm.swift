import Foundation

/// A normal form of Unicode (UAX #15).
struct NormalForm: Normalizer {
  /// True for the forms that give up compatibility characters, such as "ﬁ".
  let isCompatible: Bool
  /// True for the forms that put marks and letters together.
  let composes: Bool

  func apply(to text: AlignedText) -> AlignedText {
    // Scalars below have no marks before them and no other form, but for some of Latin-1's.
    let first: UInt8 = composes ? isCompatible ? 0xC2 : 0xCC : 0xC2
    guard text.bytes.contains(where: { $0 >= first }) else { return text }
    let decomposed = decomposed(text)
    return text.rebuilt { builder in
      for part in composes ? Self.composed(decomposed) : decomposed {
        builder.append(part.scalar, for: part.part)
      }
    }
  }

  private typealias Part = (scalar: Unicode.Scalar, part: Range<Int>)

  /// The scalars' decompositions, marks in canonical order.
  private func decomposed(_ text: AlignedText) -> [Part] {
    let table = isCompatible ? Decompositions.compatible : Decompositions.canonical
    var parts: [Part] = []
    parts.reserveCapacity(text.bytes.count)
    /// The first of the marks that aren't in order yet.
    var marks = 0
    func sortMarks() {
      if parts.count - marks > 1 {
        let sorted = parts[marks...].enumerated().sorted {
          ($0.element.scalar.order, $0.offset) < ($1.element.scalar.order, $1.offset)
        }
        parts.replaceSubrange(marks..., with: sorted.map(\.element))
      }
      marks = parts.count
    }
    func append(_ scalar: Unicode.Scalar, _ part: Range<Int>) {
      if scalar.value < 0x300 || scalar.order == 0 {
        sortMarks()
        parts.append((scalar, part))
        marks = parts.count
      } else {
        parts.append((scalar, part))
      }
    }
    text.forEachScalar { scalar, part in
      if scalar.value < 0xA0 {
        append(scalar, part)
      } else if Hangul.syllables ~= scalar.value {
        for letter in Hangul.letters(of: scalar) { append(letter, part) }
      } else if let whole = table[scalar] {
        for scalar in whole { append(scalar, part) }
      } else {
        append(scalar, part)
      }
    }
    sortMarks()
    return parts
  }

  /// The canonical composition of decomposed text.
  private static func composed(_ parts: [Part]) -> [Part] {
    var result: [Part] = []
    result.reserveCapacity(parts.count)
    /// The place of the last starter in the result.
    var starter: Int?
    var lastOrder: UInt8 = 0
    for part in parts {
      let order = part.scalar.value < 0x300 ? 0 : part.scalar.order
      if let place = starter, part.scalar.value >= 0x300,
        place == result.count - 1 || lastOrder < order,
        let whole = composite(of: result[place].scalar, part.scalar)
      {
        let origin = result[place].part
        result[place] = (
          whole,
          min(
            origin.lowerBound, part.part.lowerBound)..<max(
              origin.upperBound, part.part.upperBound)
        )
        continue
      }
      if order == 0 { starter = result.count }
      lastOrder = order
      result.append(part)
    }
    return result
  }

  private static func composite(
    of first: Unicode.Scalar, _ second: Unicode.Scalar
  ) -> Unicode.Scalar? {
    Hangul.composite(of: first, second)
      ?? Decompositions.composites[UInt64(first.value) << 32 | UInt64(second.value)]
  }
}

/// The canonical form of composed characters.
package struct NormalFormC: NormalizerStep {
  static let name = "NFC"
  package init() {}
  init(_ step: FileStep) {}
  package func apply(to text: AlignedText) -> AlignedText {
    NormalForm(isCompatible: false, composes: true).apply(to: text)
  }
}

/// The canonical form of letters and marks apart.
struct NormalFormD: NormalizerStep {
  static let name = "NFD"
  init() {}
  init(_ step: FileStep) {}
  func apply(to text: AlignedText) -> AlignedText {
    NormalForm(isCompatible: false, composes: false).apply(to: text)
  }
}

/// The compatible form of composed characters.
struct NormalFormKC: NormalizerStep {
  static let name = "NFKC"
  init() {}
  init(_ step: FileStep) {}
  func apply(to text: AlignedText) -> AlignedText {
    NormalForm(isCompatible: true, composes: true).apply(to: text)
  }
}

/// The compatible form of letters and marks apart.
struct NormalFormKD: NormalizerStep {
  static let name = "NFKD"
  init() {}
  init(_ step: FileStep) {}
  func apply(to text: AlignedText) -> AlignedText {
    NormalForm(isCompatible: true, composes: false).apply(to: text)
  }
}

/// The tables of Unicode's decompositions, which are Foundation's, without Hangul.
private enum Decompositions {
  static let canonical = table(\.decomposedStringWithCanonicalMapping)
  static let compatible = table(\.decomposedStringWithCompatibilityMapping)

  /// The scalar that two make together, by both their values.
  static let composites: [UInt64: Unicode.Scalar] = {
    // A composite's decomposition is that of its first part, and its second.
    let wholes = Dictionary(
      canonical.filter { !$0.key.properties.isFullCompositionExclusion }.map { ($1, $0) }
    ) { first, _ in first }
    var composites: [UInt64: Unicode.Scalar] = [:]
    for (parts, whole) in wholes where parts.count > 1 {
      let rest = Array(parts.dropLast())
      guard let first = rest.count == 1 ? rest[0] : wholes[rest], let second = parts.last else {
        continue
      }
      composites[UInt64(first.value) << 32 | UInt64(second.value)] = whole
    }
    return composites
  }()

  private static func table(
    _ decompose: (NSString) -> String
  ) -> [Unicode.Scalar: [Unicode.Scalar]] {
    var scalars = String.UnicodeScalarView()
    // All at once, with an end that nothing combines with after each.
    for value in UInt32(0xA0)..<0x2FA20 where !(Hangul.syllables ~= value) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      scalars.append(scalar)
      scalars.append("\0")
    }
    var table: [Unicode.Scalar: [Unicode.Scalar]] = [:]
    let whole = decompose(NSString(string: String(scalars))).unicodeScalars
    for (original, parts) in zip(
      String(scalars).unicodeScalars.filter { $0 != "\0" },
      whole.split(separator: "\0", omittingEmptySubsequences: false))
    where !parts.elementsEqual([original]) {
      // Canonical decomposition may leave marks in an order of its own.
      table[original] = Array(parts)
    }
    return table
  }
}

/// The arithmetic of Hangul syllables (Unicode, section 3.12).
private enum Hangul {
  static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3

  static func letters(of syllable: Unicode.Scalar) -> [Unicode.Scalar] {
    let index = syllable.value - 0xAC00
    let values = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11A7 + index % 28]
    return values.prefix(index % 28 == 0 ? 2 : 3).compactMap(Unicode.Scalar.init)
  }

  static func composite(
    of first: Unicode.Scalar, _ second: Unicode.Scalar
  ) -> Unicode.Scalar? {
    if 0x1100...0x1112 ~= first.value, 0x1161...0x1175 ~= second.value {
      return Unicode.Scalar(
        0xAC00 + ((first.value - 0x1100) * 21 + second.value - 0x1161) * 28)
    }
    if syllables ~= first.value, (first.value - 0xAC00) % 28 == 0,
      0x11A8...0x11C2 ~= second.value
    {
      return Unicode.Scalar(first.value + second.value - 0x11A7)
    }
    return nil
  }
}

extension Unicode.Scalar {
  /// The canonical combining class.
  var order: UInt8 { properties.canonicalCombiningClass.rawValue }
}
