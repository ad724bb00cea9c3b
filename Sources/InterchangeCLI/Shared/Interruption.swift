import Foundation
import Interchange
import InterchangeBasics
import Synchronization

/// The end of the pipe that the signals' handler writes to; a handler may do little more.
nonisolated(unsafe) private var signalPipe: Int32 = -1

/// An end that the user asks for by INT or TERM.
///
/// A training that keeps its state ends after its step, with the state written; other work ends at
/// once. Either way no unfinished file stays, and the program ends by the signal, as a shell
/// expects.
enum Interruption {
  /// Asked by trainings that keep their state.
  static let training = TrainingInterruption()
  private static let received = Mutex<Int32?>(nil)

  /// Begins to watch for the signals, but for those that the caller has turned off.
  static func watch() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let reading = ends[0]
    signalPipe = ends[1]
    // A program that starts this one may hold signals back in the thread that does so.
    var both = sigset_t()
    sigemptyset(&both)
    for number in [SIGINT, SIGTERM] { sigaddset(&both, number) }
    pthread_sigmask(SIG_UNBLOCK, &both, nil)
    for number in [SIGINT, SIGTERM] {
      var present = sigaction()
      sigaction(number, nil, &present)
      let ignored = unsafeBitCast(SIG_IGN, to: Int.self)
      guard unsafeBitCast(present.__sigaction_handler, to: Int.self) != ignored else { continue }
      signal(number) { number in
        let kept = errno
        var byte = UInt8(truncatingIfNeeded: number)
        write(signalPipe, &byte, 1)
        errno = kept
      }
    }
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let count = read(reading, &byte, 1)
        if count == 1 { answer(Int32(byte)) } else if errno != EINTR { return }
      }
    }
  }

  private static func answer(_ number: Int32) {
    let isFirst = received.withLock { received in
      defer { received = number }
      return received == nil
    }
    guard isFirst && training.request() else { end(by: number) }
    Output.note("\nstopping after this step, with its state kept; once more stops at once")
  }

  /// Ends the program by the signal that a training was ended for; returns where there was none.
  static func endIfReceived() {
    if let number = received.withLock({ $0 }) { end(by: number) }
  }

  private static func end(by number: Int32) -> Never {
    removeUnfinishedFiles()
    FolderLock.releaseAll()
    signal(number, SIG_DFL)
    kill(getpid(), number)
    // Where the signal is held back.
    while true { _exit(128 + number) }
  }
}
