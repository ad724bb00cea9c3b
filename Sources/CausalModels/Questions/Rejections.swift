/// The reasons for which draws were given up, for the error when no more turn up.
final class Rejections {
  private var counts: [String: Int] = [:]
  private var left: Int

  /// - Parameter count: the number of examples that are wanted
  init(count: Int) { left = 10_000 + min(count, 1_000_000) * 1_000 }

  /// Counts a draw that was given up.
  func count(_ reason: String) {
    counts[reason, default: 0] += 1
    left -= 1
  }

  /// True when so many draws were given up that more would be in vain.
  var isFutile: Bool { left < 0 }

  /// The most frequent reason.
  var main: String? { counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key }
}
