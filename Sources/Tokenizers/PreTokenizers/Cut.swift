import InterchangeBasics

/// Cuts words at the matches of a pattern.
package struct Cut: PreTokenizerStep {
  /// The fate of a match.
  package enum Behavior: String, CaseIterable, Sendable {
    /// A word of its own.
    case isolated = "Isolated"
    /// It goes.
    case removed = "Removed"
    /// It is part of the word before it.
    case mergedWithPrevious = "MergedWithPrevious"
    /// It is part of the word after it.
    case mergedWithNext = "MergedWithNext"
    /// Neighboring matches are one word.
    case contiguous = "Contiguous"
  }

  let pattern: any TextPattern
  let behavior: Behavior
  /// True when what lies between the matches counts as matches.
  let isInverted: Bool

  /// A cut at the matches of a pattern.
  package init(_ pattern: any TextPattern, _ behavior: Behavior, isInverted: Bool = false) {
    (self.pattern, self.behavior, self.isInverted) = (pattern, behavior, isInverted)
  }

  package func apply(to words: inout WordList) {
    var cut: [Range<Int>] = []
    let bytes = words.text.bytes
    for word in words.ranges {
      let matches = pattern.matches(in: word, of: bytes)
      if behavior == .removed, isInverted {
        cut += matches
      } else if behavior == .isolated {
        isolate(matches, in: word, &cut)
      } else {
        merge(parts(matches, in: word), &cut)
      }
    }
    words.ranges = cut
  }

  private func isolate(
    _ matches: [Range<Int>], in word: Range<Int>, _ cut: inout [Range<Int>]
  ) {
    var end = word.lowerBound
    for match in matches {
      if end < match.lowerBound { cut.append(end..<match.lowerBound) }
      cut.append(match)
      end = match.upperBound
    }
    if end < word.upperBound { cut.append(end..<word.upperBound) }
  }

  /// The matches of a word and what lies between them.
  private func parts(
    _ matches: [Range<Int>], in word: Range<Int>
  ) -> [(range: Range<Int>, isMatch: Bool)] {
    var parts: [(Range<Int>, Bool)] = []
    var end = word.lowerBound
    for match in matches {
      if end < match.lowerBound { parts.append((end..<match.lowerBound, isInverted)) }
      parts.append((match, !isInverted))
      end = match.upperBound
    }
    if end < word.upperBound { parts.append((end..<word.upperBound, isInverted)) }
    return parts
  }

  private func merge(
    _ parts: [(range: Range<Int>, isMatch: Bool)], _ cut: inout [Range<Int>]
  ) {
    let first = cut.count
    var lastWasMatch = false
    switch behavior {
    case .isolated:
      cut += parts.map(\.range)
    case .removed:
      cut += parts.filter { !$0.isMatch }.map(\.range)
    case .contiguous, .mergedWithPrevious:
      for (range, isMatch) in parts {
        let joins =
          behavior == .contiguous ? isMatch == lastWasMatch : isMatch && !lastWasMatch
        if joins, cut.count > first, let last = cut.last {
          cut[cut.count - 1] = last.lowerBound..<range.upperBound
        } else {
          cut.append(range)
        }
        lastWasMatch = isMatch
      }
    case .mergedWithNext:
      var reversed: [Range<Int>] = []
      for (range, isMatch) in parts.reversed() {
        if isMatch, !lastWasMatch, let last = reversed.last {
          reversed[reversed.count - 1] = range.lowerBound..<last.upperBound
        } else {
          reversed.append(range)
        }
        lastWasMatch = isMatch
      }
      cut += reversed.reversed()
    }
  }
}

extension Cut {
  /// The behavior that a step of a file names.
  static func behavior(
    _ step: FileStep, default substitute: Behavior? = nil
  ) throws(TokenizerError) -> Behavior {
    guard let value = step.value["behavior"] else {
      if let substitute { return substitute }
      throw step.fault("behavior", Behavior.names, found: "nothing")
    }
    guard let behavior = value.string.flatMap(Behavior.init(rawValue:)) else {
      throw step.fault("behavior", Behavior.names, found: value.summary)
    }
    return behavior
  }
}

extension Cut.Behavior {
  fileprivate static let names = listed(allCases.map(\.rawValue))
}

/// Names with commas and an "or".
package func listed(_ names: [String]) -> String {
  guard let last = names.last, names.count > 1 else { return names.first ?? "" }
  return names.dropLast().joined(separator: ", ") + " or " + last
}
