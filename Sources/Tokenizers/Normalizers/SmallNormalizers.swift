/// Small letters for capitals, scalar by scalar.
struct Lowercase: NormalizerStep {
  static let name = "Lowercase"

  init() {}
  init(_ step: FileStep) {}

  func apply(to text: AlignedText) -> AlignedText {
    text.mapScalars { scalar in
      if scalar.value < 0x80 {
        return 0x41...0x5A ~= scalar.value
          ? .replace([Unicode.Scalar(UInt8(scalar.value) + 0x20)]) : .keep
      }
      let small = Array(scalar.properties.lowercaseMapping.unicodeScalars)
      return small == [scalar] ? .keep : .replace(small)
    }
  }
}

/// A text without its combining marks.
struct StripAccents: NormalizerStep {
  static let name = "StripAccents"

  init() {}
  init(_ step: FileStep) {}

  func apply(to text: AlignedText) -> AlignedText {
    text.mapScalars { scalar in
      guard scalar.value >= 0x300 else { return .keep }
      return switch scalar.properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark: .remove
      default: .keep
      }
    }
  }
}

/// A text without the white space at its ends.
struct Strip: NormalizerStep {
  static let name = "Strip"
  let left: Bool
  let right: Bool

  init(left: Bool, right: Bool) { (self.left, self.right) = (left, right) }

  init(_ step: FileStep) throws(TokenizerError) {
    left = try step.flag("strip_left", default: true)
    right = try step.flag("strip_right", default: true)
  }

  func apply(to text: AlignedText) -> AlignedText {
    var (start, end) = (text.bytes.count, 0)
    text.forEachScalar { scalar, part in
      guard !scalar.properties.isWhitespace else { return }
      start = min(start, part.lowerBound)
      end = part.upperBound
    }
    if start == text.bytes.count {
      return left || right ? text.rebuilt { _ in } : text
    }
    let kept = (left ? start : 0)..<(right ? end : text.bytes.count)
    return kept == text.bytes.indices ? text : text.rebuilt { $0.keep(kept) }
  }
}

/// Text put before a text that is not empty.
package struct PrefixText: NormalizerStep {
  static let name = "Prepend"
  let prefix: String

  package init(_ prefix: String) { self.prefix = prefix }
  init(_ step: FileStep) throws(TokenizerError) { prefix = try step.text("prepend") }

  package func apply(to text: AlignedText) -> AlignedText {
    guard !text.bytes.isEmpty else { return text }
    return text.rebuilt {
      $0.append(prefix.utf8, for: 0..<0)
      $0.keep(text.bytes.indices)
    }
  }
}

/// Every match of a pattern replaced by a text.
package struct Replacement: NormalizerStep {
  static let name = "Replace"
  let pattern: any TextPattern
  let content: [UInt8]

  package init(_ pattern: any TextPattern, with content: String) {
    (self.pattern, self.content) = (pattern, Array(content.utf8))
  }

  init(_ step: FileStep) throws(TokenizerError) {
    try self.init(step.pattern(), with: step.text("content"))
  }

  package func apply(to text: AlignedText) -> AlignedText {
    let matches = pattern.matches(in: text.bytes.indices, of: text.bytes)
    guard !matches.isEmpty else { return text }
    return text.rebuilt {
      var end = 0
      for match in matches {
        $0.keep(end..<match.lowerBound)
        $0.append(content, for: match)
        end = match.upperBound
      }
      $0.keep(end..<text.bytes.count)
    }
  }
}

/// The bytes of a text in the printable alphabet of GPT-2.
struct ByteLevelNormalization: NormalizerStep {
  static let name = "ByteLevel"

  init() {}
  init(_ step: FileStep) {}

  func apply(to text: AlignedText) -> AlignedText {
    text.rebuilt {
      for (index, byte) in text.bytes.enumerated() {
        $0.append(ByteLevelAlphabet.scalars[Int(byte)], for: index..<index + 1)
      }
    }
  }
}

/// SentencePiece's cleaning for translation: control characters go, other spaces become spaces.
struct NMTNormalization: NormalizerStep {
  static let name = "Nmt"

  init(_ step: FileStep) {}

  func apply(to text: AlignedText) -> AlignedText {
    text.mapScalars { scalar in
      switch scalar.value {
      case 0x1...0x8, 0xB, 0xE...0x1F, 0x7F, 0x8F, 0x9F: .remove
      case 0x9, 0xA, 0xC, 0xD, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
        .replace([" "])
      default: .keep
      }
    }
  }
}
