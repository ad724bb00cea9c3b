import InterchangeAlignment
import InterchangeModels

/// The columns of a sweep: the positions at which the examples correspond.
struct SweepColumns {
  let examples: [AlignmentExample]
  let positions: [Positions]
  /// Labels of columns that aren't positions from the start; empty where all are.
  let labels: [String]

  /// The most positions from the end, where texts differ in length.
  private static let mostFromEnd = 12

  /// Every position where at least half of the examples have one length; otherwise the ends of the
  /// named parts that all have, and the last positions.
  ///
  /// - Parameter length: the number of positions of an input at the places that are swept
  init(_ data: TaskExamples, length: (ModelInput) -> Int) {
    let even = data.ofOneLength.filter { example in
      example.sources.allSatisfy { $0.text.length == example.base.text.length }
    }
    if 2 * even.count >= data.count, let first = even.first {
      examples = even
      positions = (0..<length(first.base)).map { .index($0) }
      labels = []
      return
    }
    examples = Array(data)
    let names = examples.reduce(into: Set(examples.first?.baseSpans.keys.map { $0 } ?? [])) {
      common, example in
      for spans in [example.baseSpans] + example.sourceSpans {
        common.formIntersection(spans.filter { !$0.value.isEmpty }.keys)
      }
    }
    let first = examples.first?.baseSpans ?? [:]
    let ordered = names.sorted {
      ((first[$0]?.lowerBound ?? 0), $0) < ((first[$1]?.lowerBound ?? 0), $1)
    }
    let shortest = examples.flatMap { [length($0.base)] + $0.sources.map(length) }.min() ?? 1
    let places = (1...max(1, min(shortest, Self.mostFromEnd))).reversed()
    positions = ordered.map { .endOfSpan($0) } + places.map { .index(-$0) }
    labels = ordered.map { "‹\($0)›" } + places.map { "-\($0)" }
  }

  /// The positions that were asked for, over the examples that have them at the same place: all, or
  /// those of the most frequent length where positions are counted from the start.
  ///
  /// - Throws: `AlignmentError` when no example has a position.
  init(
    _ data: TaskExamples, _ wanted: [SweepPosition], length: (ModelInput) -> Int
  ) throws {
    let even = data.ofOneLength.filter { example in
      example.sources.allSatisfy { $0.text.length == example.base.text.length }
    }
    let anyLength = wanted.allSatisfy(\.correspondsAtAnyLength)
    examples = anyLength ? Array(data) : even
    guard let first = examples.first else {
      throw AlignmentError.noExamples(
        reason: "base and source have different lengths; name spans, or positions from the end")
    }
    let isEven = even.count == examples.count
    positions = wanted.flatMap { $0.columns(length: length(first.base)) }
    labels =
      isEven && positions.allSatisfy { $0.place(length(first.base)) != nil }
      ? [] : positions.map(\.columnLabel)
  }
}

/// A user's word for columns of a sweep.
public enum SweepPosition: Sendable, Hashable {
  /// Places by their numbers, negative ones from the end.
  case places([Int])
  /// A choice as elsewhere: `f3` and `l2` are a column for each token, a span's tokens are swapped
  /// together.
  case choice(Positions)

  /// Reads a list such as `0-3,-2,-1`, `f3,l2` or `subject,subject.end`: ranges as layers have
  /// them, and whatever else names positions.
  public static func parsing(_ text: String) -> [SweepPosition] {
    text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      if case .layers(let places)? = LayerSelection(parsing: String(part)) {
        return .places(places)
      }
      return .choice(Positions(parsing: String(part)))
    }
  }

  /// True when it means the same in texts of different lengths.
  var correspondsAtAnyLength: Bool {
    switch self {
    case .places(let places): places.allSatisfy { $0 < 0 }
    case .choice(let positions): positions.correspondAtAnyLength
    }
  }

  /// A column for each place; a span is one.
  func columns(length: Int) -> [Positions] {
    switch self {
    case .places(let places): return places.map { .index($0) }
    case .choice(let positions):
      // A span is one column, and what a text lacks is told when it is looked for.
      guard let found = try? positions.resolved(length: length) else { return [positions] }
      if case .last(let count) = positions { return (1...count).reversed().map { .index(-$0) } }
      return found.map { .index($0) }
    }
  }
}

extension Positions {
  /// The place of a single position in a text; nil for a span and for one that it lacks.
  func place(_ length: Int) -> Int? {
    guard case .index(let position) = self else { return nil }
    let place = position < 0 ? length + position : position
    return (0..<length).contains(place) ? place : nil
  }

  /// A column's label where tokens aren't the same in all examples' places.
  var columnLabel: String {
    switch self {
    case .span(let name): "‹\(name)›"
    case .endOfSpan(let name): "‹\(name)› end"
    case .besideSpan(let name, let offset): "‹\(name)› \(offset < 0 ? "−" : "+")\(abs(offset))"
    default: description
    }
  }
}
