/// A part of a text, with a choice between special tokens and plain text.
public struct TextPart: Sendable, Equatable {
  /// The text itself.
  public var text: String
  /// True when a special token that is spelled out here, e.g. `<|im_start|>`, is this token and not
  /// text; false for text from others.
  public var parsesSpecialTokens: Bool

  /// A part of a text, trusted to spell out special tokens or not.
  public init(_ text: String, parsesSpecialTokens: Bool) {
    (self.text, self.parsesSpecialTokens) = (text, parsesSpecialTokens)
  }
}

/// The bytes of a text in which special tokens are parsed.
struct TrustedRanges {
  static let none = TrustedRanges(ranges: [], isAll: false)
  static let all = TrustedRanges(ranges: [0..<Int.max], isAll: true)

  /// In order; neighbors don't touch.
  private(set) var ranges: [Range<Int>]
  let isAll: Bool
  /// True when nothing or everything is trusted.
  var isUniform: Bool { isAll || ranges.isEmpty }

  private init(ranges: [Range<Int>], isAll: Bool) {
    (self.ranges, self.isAll) = (ranges, isAll)
  }

  init(_ parts: [TextPart]) {
    guard !parts.allSatisfy(\.parsesSpecialTokens) else {
      self = .all
      return
    }
    var ranges: [Range<Int>] = []
    var end = 0
    for part in parts {
      let range = end..<end + part.text.utf8.count
      end = range.upperBound
      guard part.parsesSpecialTokens, !range.isEmpty else { continue }
      if let last = ranges.last, last.upperBound == range.lowerBound {
        ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
      } else {
        ranges.append(range)
      }
    }
    self.init(ranges: ranges, isAll: false)
  }

  /// The same for a part of the text taken alone.
  func shifted(to window: Range<Int>) -> TrustedRanges {
    let inside = ranges.map { $0.clamped(to: window) }.filter { !$0.isEmpty }
    return TrustedRanges(
      ranges: inside.map {
        $0.lowerBound - window.lowerBound..<$0.upperBound - window.lowerBound
      }, isAll: isAll)
  }

  /// True when all of a range is trusted.
  func contains(_ range: Range<Int>) -> Bool {
    // The last range that starts at or before.
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].lowerBound <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low > 0 && range.upperBound <= ranges[low - 1].upperBound
  }
}
