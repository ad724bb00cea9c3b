import InterchangeBasics

extension Text {
  /// A label as it can be drawn on one line, with everything visible that would break or reorder
  /// it.
  ///
  /// A newline is drawn as ␊, a tab as ⇥, other control characters as their pictures; the invisible
  /// characters that steer line breaks or writing direction and noncharacters as `\u{…}`. All else
  /// stays, joiners inside words and emoji too.
  package static func visible(_ label: String) -> String {
    var result = String.UnicodeScalarView()
    var count = 0
    var marks = 0
    for scalar in label.unicodeScalars {
      // No label shows more; Pango need not lay it out to find that out.
      count += 1
      guard count <= 400 else {
        result.append("…")
        break
      }
      // No script stacks more; more would be drawn far outside the label.
      marks = scalar.properties.generalCategory == .nonspacingMark ? marks + 1 : 0
      if marks > 4 { continue }
      if let symbol = scalar.controlSymbol {
        result.append(contentsOf: symbol.unicodeScalars)
        continue
      }
      switch scalar {
      case _ where isInvisible(scalar):
        result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    case .format: scalar.value != 0x200C && scalar.value != 0x200D && scalar.value < 0xE0000
    default: scalar.isNoncharacter
    }
  }
}

extension Unicode.Scalar {
  /// True when Unicode will never give it a meaning; Cairo refuses text that has one.
  var isNoncharacter: Bool {
    (0xFDD0...0xFDEF).contains(value) || value & 0xFFFE == 0xFFFE
  }
}
