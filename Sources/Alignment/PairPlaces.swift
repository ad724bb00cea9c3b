import InterchangeModels

/// The places at which base and source correspond.
struct PairPlaces {
  /// The places that will be swapped; nil where they aren't known yet.
  let positions: Positions?
  /// The places that are read in the sources, where they aren't the base's.
  let source: Positions?
  /// Whether pairs of different lengths are kept where most are such and the places aren't known.
  let isOpen: Bool

  init(_ positions: Positions? = nil, source: Positions? = nil, isOpen: Bool = false) {
    (self.positions, self.source, self.isOpen) = (positions, source, isOpen)
  }

  /// Whether base and source may differ in length: the places mean the same in both.
  var allowsOtherLengths: Bool {
    source != nil || positions?.correspondAtAnyLength ?? false
  }

  /// The pairs whose places correspond: those of equal length, or all where that doesn't matter.
  func corresponding(_ pairs: [TokenizedPair]) -> [TokenizedPair] {
    let aligned = pairs.filter(\.isAligned)
    let isMixed = isOpen && positions == nil && 2 * aligned.count < pairs.count
    return allowsOtherLengths || isMixed ? pairs : aligned
  }

  /// The name of the span that stands for two different places.
  static func name(_ base: Positions, from source: Positions) -> String { "\(base) from \(source)" }
}

extension Positions {
  /// Whether the positions mean the same in texts of different lengths: named spans, and those
  /// that are counted from the end.
  public var correspondAtAnyLength: Bool {
    switch self {
    case .span, .endOfSpan, .besideSpan: true
    case .last: true
    case .index(let position): position < 0
    case .indices(let positions): positions.allSatisfy { $0 < 0 }
    case .all, .every, .everyAfter, .generated, .first, .firstAndLast, .lastAfterFirst, .halves:
      false
    }
  }

  /// The positions of a base that are swapped with other positions of its source, once examples
  /// have been made with both.
  public func swapped(from source: Positions?) -> Positions {
    source.map { .span(PairPlaces.name(self, from: $0)) } ?? self
  }
}

extension AlignmentExample {
  /// The example with a span that stands for a place of the base and another one of its sources,
  /// where these differ.
  ///
  /// - Throws: `ModelError` for a place that a text lacks, ``AlignmentError`` for places of
  ///   different numbers of tokens, or of two different places with gaps between their tokens.
  func naming(_ places: PairPlaces) throws -> AlignmentExample {
    guard let positions = places.positions else { return self }
    let wanted = places.source ?? positions
    let found = try positions.resolved(length: base.text.length, spans: baseSpans)
    let read = try sources.indices.map { index in
      try wanted.resolved(length: sources[index].text.length, spans: sourceSpans[index])
    }
    if let other = read.first(where: { $0.count != found.count }) {
      throw AlignmentError.positionMismatch(
        site: "position \(positions)", base: found.count, source: other.count)
    }
    guard let source = places.source else { return self }
    func range(_ found: [Int], _ positions: Positions) throws -> Range<Int> {
      guard let first = found.first, let last = found.last, last - first + 1 == found.count else {
        throw AlignmentError.invalidSetting(
          name: "source-position", expected: "places without gaps in base and source",
          found: "\(positions)")
      }
      return first..<last + 1
    }
    let name = PairPlaces.name(positions, from: source)
    var copy = self
    copy.baseSpans[name] = try range(found, positions)
    for index in sources.indices { copy.sourceSpans[index][name] = try range(read[index], source) }
    return copy
  }
}
