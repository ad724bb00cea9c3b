import ArgumentParser

/// The numbers that an option takes, as a test and in words: every numeric option of every command
/// has one.
struct NumberRange<Number: Comparable & LosslessStringConvertible & Sendable>: Sendable {
  /// What is taken, for an error.
  let words: String
  private let contains: @Sendable (Number) -> Bool

  init(_ words: String, _ contains: @escaping @Sendable (Number) -> Bool) {
    (self.words, self.contains) = (words, contains)
  }

  /// The number that a user writes.
  ///
  /// - Throws: a usage error for anything that isn't one of these.
  @Sendable func read(_ text: String) throws -> Number {
    guard let number = Number(text), contains(number) else {
      throw ValidationError("expected \(words)")
    }
    return number
  }
}

/// Sums and products of counts up to this one don't overflow.
private let most = 1_000_000_000

extension NumberRange where Number == Int {
  /// How many, at least one.
  static var count: Self { counts(from: 1) }
  /// How many, or none.
  static var countOrNone: Self { counts(from: 0) }
  /// A place, such as a layer; which there are is seen when the model is read.
  static var place: Self { counts(from: -most) }

  /// How many within a range.
  static func counts(from least: Int, to most: Int = most) -> Self {
    Self("a whole number from \(least) to \(most)") { (least...most).contains($0) }
  }
}

extension NumberRange where Number == UInt64 {
  /// The seed of random numbers.
  static var seed: Self { Self("a whole number from 0 to \(UInt64.max)") { _ in true } }
}

extension NumberRange where Number == Double {
  /// A size of steps.
  static var rate: Self { Self("a number above 0, at most 1000") { $0 > 0 && $0 <= 1000 } }
  /// A strength that may be none.
  static var strength: Self { Self("a number from 0 to 1000") { (0...1000).contains($0) } }
  /// A bound or a time.
  static var positive: Self { Self("a number above 0, at most 1e9") { $0 > 0 && $0 <= 1e9 } }
  /// A factor of either sign.
  static var factor: Self { Self("a number from -1e6 to 1e6") { abs($0) <= 1e6 } }
  /// A part of a whole, which may be all of it.
  static var share: Self { Self("a number from 0 to 1") { (0...1).contains($0) } }
  /// A part of a whole that leaves something over.
  static var part: Self { Self("a number from 0 to below 1") { (0..<1).contains($0) } }
  /// The temperature of sampling.
  static var temperature: Self { Self("a number from 0 to 1000") { (0...1000).contains($0) } }
}

extension Option {
  // Whatever follows an option with a number is its value: a minus sign begins no other option.

  /// An option with a number that has a default.
  init(
    wrappedValue: Value, _ range: NumberRange<Value>, _ help: String, valueName: String = "n"
  ) where Value: Comparable & LosslessStringConvertible & Sendable {
    self.init(
      wrappedValue: wrappedValue, parsing: .unconditional,
      help: ArgumentHelp("\(help) (default: \(wrappedValue))", valueName: valueName),
      transform: range.read)
  }

  /// An option with a number that must be given.
  init(
    _ range: NumberRange<Value>, _ help: String, valueName: String = "n"
  ) where Value: Comparable & LosslessStringConvertible & Sendable {
    self.init(
      parsing: .unconditional, help: ArgumentHelp(help, valueName: valueName),
      transform: range.read)
  }

  /// An option with a number that may be left out.
  init<Number: Comparable & LosslessStringConvertible & Sendable>(
    _ range: NumberRange<Number>, _ help: String, valueName: String = "n"
  ) where Value == Number? {
    self.init(
      parsing: .unconditional, help: ArgumentHelp(help, valueName: valueName),
      transform: range.read)
  }
}
