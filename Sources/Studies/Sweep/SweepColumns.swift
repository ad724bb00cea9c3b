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
}
