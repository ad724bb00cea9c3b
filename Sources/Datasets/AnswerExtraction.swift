import Foundation

/// The way in which a short answer is read from a model's text.
///
/// The rules of LLM-Adapters (Hu et al. 2023) and of LoReFT's own evaluation (Wu et al. 2024) are
/// kept exactly, with their weaknesses: a word counts anywhere ("untrue" holds "true"), and a
/// letter is the first capital A to E of the text ("Answer: C" gives A).
public enum AnswerExtraction: Sendable, Equatable {
  /// The first of these words in the text, also inside other words; case matters (LLM-Adapters).
  case first([String])
  /// The first of these words that is a word by itself; case doesn't matter.
  case firstWord([String])
  /// The text after the first place of this one, without white space at its ends; nothing when it
  /// isn't there (LoReFT, which then requires the answer and nothing else).
  case after(String)
  /// The last number, commas left out; a minus counts wherever it is before a digit.
  case number
  /// The first of the letters A to E.
  case letter
  /// The last number when the right answer is one, otherwise the letter: LoReFT's arithmetic sets,
  /// of which AQuA has letters.
  case arithmetic
  /// The text without white space at its ends.
  case text

  /// The answer in a text; nil when there is none.
  ///
  /// - Parameter gold: the right answer: ``arithmetic`` reads an answer of its kind
  public func answer(in text: String, gold: String = "") -> String? {
    switch self {
    case .first(let words): Self.first(of: words, in: text)
    case .firstWord(let words): Self.firstWord(of: words, in: text)
    case .after(let mark):
      text.firstRange(of: mark).map { Self.trimmed(String(text[$0.upperBound...])) }
    case .number: Self.lastNumber(in: text)
    case .letter: Self.first(of: ["A", "B", "C", "D", "E"], in: text)
    case .arithmetic:
      (Double(Self.trimmed(gold)) == nil ? AnswerExtraction.letter : .number).answer(in: text)
    case .text: Self.trimmed(text)
    }
  }

  /// True when a text gives the right answer; numbers may differ by 0.001.
  public func isCorrect(_ text: String, gold: String) -> Bool {
    guard let answer = answer(in: text, gold: gold) else { return false }
    return isSame(answer, gold)
  }

  /// True when an answer that was read is the right one.
  public func isSame(_ answer: String, _ gold: String) -> Bool {
    let gold = Self.trimmed(gold)
    switch self {
    case .number, .arithmetic:
      guard let wanted = Double(gold) else { return answer == gold }
      guard let found = Double(answer) else { return false }
      return abs(found - wanted) <= 1e-3
    case .firstWord: return answer.lowercased() == gold.lowercased()
    case .first, .after, .letter, .text: return answer == gold
    }
  }

  private static func trimmed(_ text: String) -> String {
    text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// As the regular expression `a|b|…` finds it: the leftmost, and there the first in the list.
  private static func first(of words: [String], in text: String) -> String? {
    let found = words.compactMap { word in
      text.firstRange(of: word).map { (start: $0.lowerBound, word: word) }
    }
    guard let start = found.map(\.start).min() else { return nil }
    return found.first { $0.start == start }?.word
  }

  /// The leftmost of the words with no letter or digit next to it; of several there the longest.
  private static func firstWord(of words: [String], in text: String) -> String? {
    let text = Array(text.lowercased())
    let candidates = words.map { (word: $0, characters: Array($0.lowercased())) }
      .filter { !$0.characters.isEmpty }
      .sorted { $0.characters.count > $1.characters.count }
    func isInWord(_ index: Int) -> Bool {
      text.indices.contains(index) && (text[index].isLetter || text[index].isNumber)
    }
    for start in text.indices where !isInWord(start - 1) {
      let found = candidates.first {
        text[start...].starts(with: $0.characters) && !isInWord(start + $0.characters.count)
      }
      if let found { return found.word }
    }
    return nil
  }

  /// The last match of `-?\d+\.?\d*` in the text without commas.
  private static func lastNumber(in text: String) -> String? {
    let bytes = text.utf8.filter { $0 != UInt8(ascii: ",") }
    func isDigit(_ index: Int) -> Bool {
      index < bytes.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index])
    }
    var last: Range<Int>?
    var index = 0
    while index < bytes.count {
      let start = index
      if bytes[index] == UInt8(ascii: "-"), isDigit(index + 1) { index += 1 }
      guard isDigit(index) else {
        index += 1
        continue
      }
      while isDigit(index) { index += 1 }
      if index < bytes.count, bytes[index] == UInt8(ascii: ".") { index += 1 }
      while isDigit(index) { index += 1 }
      last = start..<index
    }
    guard let last else { return nil }
    let number = String(decoding: bytes[last], as: UTF8.self)
    return number.hasSuffix(".") ? String(number.dropLast()) : number
  }
}
