/// A choice of a sequence's positions; resolved against its length and its named spans.
public enum Positions: Hashable, Sendable, Codable, CustomStringConvertible {
  /// All positions of what is read; in a prompt with a continuation, the prompt's.
  case all
  /// All positions, those that are generated after a prompt too.
  case every
  /// All positions but the first n, those that are generated after a prompt too.
  case everyAfter(first: Int)
  /// The positions that are generated after a prompt, or follow it in a training's text.
  case generated
  /// One position, from 0, or from the end when negative (−1 is the last).
  case index(Int)
  /// Several positions, each as in ``index(_:)``.
  case indices([Int])
  /// The first n positions.
  case first(Int)
  /// The last n positions.
  case last(Int)
  /// ReFT's `fN+lM`: the first n and the last m positions, each once.
  case firstAndLast(Int, Int)
  /// Of the last m positions those that are not among the first n: what ``firstAndLast(_:_:)`` adds
  /// to the first n, so that both parts can have weights of their own.
  case lastAfterFirst(first: Int, Int)
  /// pyreft's `fN+lM`: the first n and the last m positions, of each at most half of the
  /// sequence's, rounded down. Sequences of 2 · max(n, m) positions or more have those of
  /// ``firstAndLast(_:_:)``.
  case halves(first: Int, last: Int)
  /// All tokens of a named span of the input, such as "subject".
  case span(String)
  /// The last token of a named span.
  case endOfSpan(String)
  /// A token beside a named span: so many after its last one, or before its first when negative. A
  /// span that has the whole text for a name, such as `name-1`, is meant before.
  case besideSpan(String, Int)

  /// The last position.
  public static var last: Positions { .index(-1) }

  /// Tells whether the positions that follow a prompt are among them.
  package var goOn: Bool {
    switch self {
    case .every, .everyAfter, .generated: true
    default: false
    }
  }

  /// The positions in rising order, each inside 0..<length.
  ///
  /// - Parameters:
  ///   - length: the sequence's number of tokens
  ///   - spans: the token ranges of the named parts
  ///   - prompt: the number of leading positions after which all are generated; nil where nothing
  ///     is
  /// - Throws: ``ModelError/positionOutOfRange(position:length:)``,
  ///   ``ModelError/noSuchSpan(name:known:)`` or ``ModelError/nothingGenerated``.
  public func resolved(
    length: Int, spans: [String: Range<Int>] = [:], prompt: Int? = nil
  ) throws -> [Int] {
    func checked(_ position: Int) throws -> Int {
      let absolute = position < 0 ? length + position : position
      guard (0..<length).contains(absolute) else {
        throw ModelError.positionOutOfRange(position: position, length: length)
      }
      return absolute
    }
    func span(_ name: String) throws -> Range<Int> {
      guard let range = spans[name], !range.isEmpty else {
        throw ModelError.noSuchSpan(name: name, known: spans.keys.sorted())
      }
      return range
    }
    switch self {
    case .all, .every: return Array(0..<length)
    case .everyAfter(let first): return Array(min(max(0, first), length)..<length)
    case .generated:
      guard let prompt else { throw ModelError.nothingGenerated }
      return Array(min(max(0, prompt), length)..<length)
    case .index(let position): return [try checked(position)]
    case .indices(let positions): return Array(Set(try positions.map(checked))).sorted()
    case .first(let count): return try Self.leading(count, of: length)
    case .last(let count): return try Self.leading(count, of: length).map { length - count + $0 }
    case .firstAndLast(let first, let last):
      let leading = Array(0..<min(max(0, first), length))
      let trailing = Array(max(0, length - max(0, last))..<length)
      return leading + trailing.filter { $0 >= leading.count }
    case .lastAfterFirst(let first, let last):
      return Array(max(0, min(first, length), length - max(0, last))..<length)
    case .halves(let first, let last):
      let half = length / 2
      return Array(0..<min(max(0, first), half)) + (length - min(max(0, last), half)..<length)
    case .span(let name): return Array(try span(name))
    case .endOfSpan(let name): return [try span(name).upperBound - 1]
    case .besideSpan(let name, let offset):
      if let named = spans[description], !named.isEmpty { return Array(named) }
      let range = try span(name)
      // Counted from the span: none is counted from the text's end.
      let (start, isOver) = (offset < 0 ? range.lowerBound : range.upperBound - 1)
        .addingReportingOverflow(offset)
      guard !isOver, (0..<length).contains(start) else {
        throw ModelError.outsideText(position: description, length: length)
      }
      return [start]
    }
  }

  private static func leading(_ count: Int, of length: Int) throws -> [Int] {
    guard count > 0 && count <= length else {
      throw ModelError.positionOutOfRange(position: count, length: length)
    }
    return Array(0..<count)
  }

  /// Reads what a user writes: `-1`, `3`, `0,2,5`, `f7+l7`, `f3`, `l2`, `l7-f7`, `f7+l7/2`, `all`,
  /// `every`, `every-f1`, `generated`, `last`, or a span's name (`subject`, `subject.end` for its
  /// last token, `subject+1` for the token after it, `subject-2` for the second one before it).
  public init(parsing text: String) {
    if text == "all" {
      self = .all
    } else if text == "every" {
      self = .every
    } else if let match = text.wholeMatch(of: /every-f([1-9]\d*)/), let first = Int(match.1) {
      self = .everyAfter(first: first)
    } else if text == "generated" {
      self = .generated
    } else if text == "last" {
      self = .last
    } else if let index = Int(text) {
      self = .index(index)
    } else if let positions = Self.parseList(text) ?? Self.parseEnds(text) {
      self = positions
    } else if text.hasSuffix(".end") {
      self = .endOfSpan(String(text.dropLast(".end".count)))
    } else if let match = text.wholeMatch(of: /(\p{L}.*[^\s+-])([+-][1-9]\d*)/),
      let offset = Int(match.2)
    {
      self = .besideSpan(String(match.1), offset)
    } else {
      self = .span(text)
    }
  }

  private static func parseList(_ text: String) -> Positions? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    return parts.allSatisfy { $0 != nil } ? .indices(parts.compactMap { $0 }) : nil
  }

  private static func parseEnds(_ text: String) -> Positions? {
    if let match = text.wholeMatch(of: /l(\d+)-f(\d+)/), let last = Int(match.1),
      let first = Int(match.2)
    {
      return .lastAfterFirst(first: first, last)
    }
    if let match = text.wholeMatch(of: /f(\d+)\+l(\d+)\/2/), let first = Int(match.1),
      let last = Int(match.2)
    {
      return .halves(first: first, last: last)
    }
    let parts = text.split(separator: "+", omittingEmptySubsequences: false)
    func count(_ part: Substring, _ letter: Character) -> Int? {
      part.first == letter ? Int(part.dropFirst()).flatMap { $0 >= 0 ? $0 : nil } : nil
    }
    switch parts.count {
    case 1: return count(parts[0], "f").map(Self.first) ?? count(parts[0], "l").map(Self.last)
    case 2:
      guard let first = count(parts[0], "f"), let last = count(parts[1], "l") else { return nil }
      return .firstAndLast(first, last)
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .all: "all"
    case .every: "every"
    case .everyAfter(let first): "every-f\(first)"
    case .generated: "generated"
    case .index(let position): "\(position)"
    case .indices(let positions): positions.map(String.init).joined(separator: ",")
    case .first(let count): "f\(count)"
    case .last(let count): "l\(count)"
    case .firstAndLast(let first, let last): "f\(first)+l\(last)"
    case .lastAfterFirst(let first, let last): "l\(last)-f\(first)"
    case .halves(let first, let last): "f\(first)+l\(last)/2"
    case .span(let name): name
    case .endOfSpan(let name): "\(name).end"
    case .besideSpan(let name, let offset): name + (offset < 0 ? "" : "+") + "\(offset)"
    }
  }
}
