import Foundation
import InterchangeBasics
import InterchangeReports

extension RunRecord {
  /// The command as one would type it into a shell to run it again.
  public var commandLine: String {
    commandWords.joined(separator: " ")
  }

  /// The command's words as a shell takes them.
  var commandWords: [String] {
    // The subcommand is the first word that was typed; a program of the library's users has none.
    let words = arguments.first == command ? ["interchange"] + arguments : [command] + arguments
    return words.map(Self.quoted)
  }

  /// A word of a shell's command; in quotes where the shell would read more than the word.
  private static func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: Array("_@%+=:,./-".utf8).contains(byte)
      }
    }
    return plain && !word.isEmpty
      ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
  }

  /// The beginning of the run, in universal time: `2026-11-21 11:24:55 UTC`.
  var startedText: String {
    started.ISO8601Format().replacing("T", with: " ").replacing("Z", with: " UTC")
  }

  /// The duration: `43 s`, `17 min 37 s`, `2 h 5 min`.
  var durationText: String { Self.duration(seconds) }

  /// A time in words: `43 s`, `17 min 37 s`, `2 h 5 min`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return ResultTable.nothing }
    if seconds < 10 { return String(format: "%.1f s", seconds) }
    let whole = Int(seconds.rounded())
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3600: return "\(whole / 60) min \(whole % 60) s"
    default: return "\(whole / 3600) h \(whole / 60 % 60) min"
    }
  }
}
