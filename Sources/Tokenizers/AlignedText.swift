/// Text on its way to tokens, with the bytes of the original that each of its bytes comes from.
package struct AlignedText: Sendable {
  /// The text as it is now, valid UTF-8.
  package private(set) var bytes: [UInt8]

  /// The origin of each byte; nil while each is itself, `start` further on.
  private var origins: [Range<Int>]?
  private let start: Int

  /// True for text at the beginning of the original.
  let isAtBeginning: Bool

  /// Text that is as it was, from a byte of the original on.
  init(_ bytes: [UInt8], from start: Int = 0) {
    (self.bytes, self.start, isAtBeginning) = (bytes, start, start == 0)
  }

  private init(_ bytes: [UInt8], _ origins: [Range<Int>]?, _ start: Int, isAtBeginning: Bool) {
    (self.bytes, self.origins, self.start) = (bytes, origins, start)
    self.isAtBeginning = isAtBeginning
  }

  /// True when each byte is that of the original at the same place.
  var isOriginal: Bool { origins == nil && start == 0 }

  /// The bytes of the original that a part of the text comes from; an empty place for text that was
  /// put in.
  func origin(of part: Range<Int>) -> Range<Int> {
    guard let origins else { return part.lowerBound + start..<part.upperBound + start }
    guard !part.isEmpty else {
      let place =
        part.lowerBound < origins.count
        ? origins[part.lowerBound].lowerBound : origins.last?.upperBound ?? start
      return place..<place
    }
    // Marks may have changed places.
    var (lower, upper) = (Int.max, Int.min)
    for origin in origins[part] {
      lower = min(lower, origin.lowerBound)
      upper = max(upper, origin.upperBound)
    }
    return lower..<upper
  }

  /// A part of the text.
  subscript(part: Range<Int>) -> AlignedText {
    if part == bytes.indices { return self }
    return AlignedText(
      Array(bytes[part]), origins.map { Array($0[part]) }, start + part.lowerBound,
      isAtBeginning: isAtBeginning && part.lowerBound == 0)
  }

  /// The text that `body` puts together from this one.
  func rebuilt(_ body: (inout Builder) -> Void) -> AlignedText {
    var builder = Builder(self)
    body(&builder)
    return AlignedText(builder.bytes, builder.origins, start, isAtBeginning: isAtBeginning)
  }

  /// A text in the making, from parts of another.
  struct Builder {
    private let source: AlignedText
    fileprivate(set) var bytes: [UInt8] = []
    fileprivate var origins: [Range<Int>] = []

    fileprivate init(_ source: AlignedText) {
      self.source = source
      bytes.reserveCapacity(source.bytes.count + source.bytes.count / 4)
      origins.reserveCapacity(source.bytes.count + source.bytes.count / 4)
    }

    /// Appends a scalar that stands for a part of the source.
    mutating func append(_ scalar: Unicode.Scalar, for part: Range<Int>) {
      let origin = source.origin(of: part)
      for byte in UTF8.encode(scalar)! {
        bytes.append(byte)
        origins.append(origin)
      }
    }

    /// Appends text that stands for a part of the source.
    mutating func append(_ text: some Sequence<UInt8>, for part: Range<Int>) {
      let origin = source.origin(of: part)
      for byte in text {
        bytes.append(byte)
        origins.append(origin)
      }
    }

    /// Appends text with the origins that it has.
    mutating func append(_ text: AlignedText) {
      bytes += text.bytes
      origins += text.origins ?? text.bytes.indices.map { $0 + text.start..<$0 + text.start + 1 }
    }

    /// Appends a part of the source as it is.
    mutating func keep(_ part: Range<Int>) {
      bytes += source.bytes[part]
      if let known = source.origins {
        origins += known[part]
      } else {
        for index in part {
          origins.append(index + source.start..<index + source.start + 1)
        }
      }
    }
  }
}

extension AlignedText {
  /// Each scalar with its bytes, from a byte on, until `body` returns false.
  private func forEachScalar(from start: Int, while body: (Unicode.Scalar, Range<Int>) -> Bool) {
    let reader = ScalarReader(bytes: bytes, end: bytes.count)
    var index = start
    while index < bytes.count {
      let (scalar, end) = reader.scalar(at: index)
      guard body(scalar, index..<end) else { return }
      index = end
    }
  }

  /// Each scalar with its bytes.
  func forEachScalar(_ body: (Unicode.Scalar, Range<Int>) -> Void) {
    forEachScalar(from: 0) {
      body($0, $1)
      return true
    }
  }

  /// The text with every scalar kept, left out or changed to others.
  func mapScalars(_ change: (Unicode.Scalar) -> ScalarChange) -> AlignedText {
    // Most texts stay as they are.
    var first: Int?
    forEachScalar(from: 0) { scalar, part in
      if case .keep = change(scalar) { return true }
      first = part.lowerBound
      return false
    }
    guard let first else { return self }
    return rebuilt { builder in
      builder.keep(0..<first)
      forEachScalar(from: first) { scalar, part in
        switch change(scalar) {
        case .keep: builder.keep(part)
        case .remove: break
        case .replace(let scalars):
          for scalar in scalars { builder.append(scalar, for: part) }
        }
        return true
      }
    }
  }

  /// A scalar's fate.
  enum ScalarChange {
    case keep
    case remove
    case replace([Unicode.Scalar])
  }
}
