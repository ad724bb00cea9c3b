import Foundation
import InterchangeBasics

/// A progress bar with an estimate on a terminal, plain lines in a log.
final class ProgressLine {
  private let title: String
  private let count: (Int) -> String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = Date()
  private var lastShown = Date.distantPast
  private var lastTenth = -1

  /// A line about some work.
  ///
  /// - Parameter count: the words for how much of it is done
  init(_ title: String, count: @escaping (Int) -> String = { "\($0)" }) {
    (self.title, self.count) = (title.withVisibleControls, count)
  }

  func update(_ done: Int, of total: Int, detail: String = "") {
    let share = Double(done) / Double(max(1, total))
    let elapsed = Date().timeIntervalSince(start)
    let rest = share > 0 ? elapsed / share - elapsed : 0
    if isTerminal {
      guard Date().timeIntervalSince(lastShown) > 0.1 || done == total else { return }
      lastShown = Date()
      let filled = Int(share * 24)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
      let line = String(
        format: "\r%@ %@ %@/%@  %@  %.0f s left\u{1B}[K", title, bar, count(done), count(total),
        detail.withVisibleControls, rest)
      Output.progress(done == total ? "\r\u{1B}[K" : line)
    } else if Int(share * 4) > lastTenth {
      lastTenth = Int(share * 4)
      guard elapsed > 5 || done == total else { return }
      Output.note(
        String(format: "%@ %@/%@ %@ (%.0f s)", title, count(done), count(total), detail, elapsed))
    }
  }
}
